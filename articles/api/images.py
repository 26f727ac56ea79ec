"""POST /api/images: an upload that articles can show."""

from __future__ import annotations

import hashlib
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Form, Router, Schema
from ninja.files import UploadedFile
from ninja.params.models import File as FileParam
from pydantic import ConfigDict

from articles.access import ADD
from articles.api.answers import private_answer
from articles.api.callers import SIGNED_IN, require
from articles.api.documents import cover_document
from articles.api.parser import refuse_unknown
from articles.api.problems import problem
from articles.api.schemas import TEXT, Problem
from articles.api.writing import IdempotencyKey, digest_of
from articles.idempotency import answer_once
from articles.images.allowance import MAX_BYTES, wait_s
from articles.limits import MAX_ALT_CHARS
from articles.services.images import image_store
from articles.tokens import Scope

router = Router(tags=["Images"], auth=SIGNED_IN)
ImageFile = Annotated[UploadedFile, FileParam(..., description="JPEG, PNG, WebP, AVIF or GIF.")]


class ImageForm(Schema):
    """What goes with the file."""

    model_config = ConfigDict(extra="forbid")

    alt: str = Field(
        min_length=1, max_length=MAX_ALT_CHARS, pattern=TEXT, description="What it shows, for who can't see it."
    )
    focal_x_pct: int = Field(50, ge=0, le=100, description="What matters in it, from the left.")
    focal_y_pct: int = Field(50, ge=0, le=100, description="What matters in it, from the top.")


class ImageOut(Schema):
    """A stored image, and the Markdown that shows it."""

    id: int
    alt: str
    width: int
    height: int
    url: str
    markdown: str


@router.post(
    "/images",
    response={
        201: ImageOut, 400: Problem, 401: Problem, 403: Problem, 409: Problem, 413: Problem, 415: Problem,
        422: Problem, 429: Problem,
    },
    summary="Upload an image",
)  # fmt: skip
def image_add(
    request: HttpRequest,
    form: Form[ImageForm],
    file: ImageFile,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Store an image; the same bytes again are the image they became then. A token needs the scope `images:write`."""
    refuse_unknown(request.GET, ())
    refuse_unknown(request.POST, ImageForm.model_fields, "form")
    refuse_unknown(request.FILES, ("file",), "file")
    user = require(request, Scope.IMAGES, ADD)

    def make() -> HttpResponse:
        if seconds := wait_s(user.pk, file.size or 0):
            detail = f"At most {MAX_BYTES >> 20} MiB of images an hour. Try again in {seconds} seconds."
            return problem(429, detail, headers={"Retry-After": str(seconds)})
        image = image_store(file=file, actor=user, **form.model_dump())
        shown = cover_document(image)
        return private_answer(request, {**shown, "markdown": f"![{image.alt}]({shown['url']})"}, status=201)

    if idempotency_key is None:
        return make()
    digest = digest_of("POST /images", form.model_dump(), _file_digest(file))
    return answer_once(user=user, key=idempotency_key, digest=digest, make=make, in_transaction=False)


def _file_digest(file: UploadedFile) -> str:
    sha = hashlib.sha256()
    for chunk in file.chunks():
        sha.update(chunk)
    file.seek(0)
    return sha.hexdigest()
