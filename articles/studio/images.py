"""The studio's images: upload, the picker's list, the library, one image's page. JSON for scripts, pages without."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from articles.access import may_write
from articles.exceptions import CursorError, NotAllowedError
from articles.images.allowance import wait_s
from articles.images.markup import fallback_url, markdown_of, thumbnail_url
from articles.models import Article, Image
from articles.selectors import images as selectors
from articles.selectors.portable import articles_readable, may_view_all
from articles.services.images import image_store, image_update, may_edit_image
from articles.studio.entry import studio_view

PAGE_IMAGES: Final = 24
_MAX_SEARCH_CHARS: Final = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def image_upload(request: HttpRequest) -> HttpResponse:
    """Store a picture: 201 with the image and its Markdown, or 422 with the errors by field. A form gets pages.

    Who comes here from the login, or by a link of a refused upload's page, is led to the library.
    """
    if request.method != "POST":
        return redirect(f"{reverse('studio:images')}?{request.GET.urlencode()}".rstrip("?"))
    if _wants_page(request):
        return _upload_page(request)
    if not may_write(request.user):
        status = HTTPStatus.FORBIDDEN if request.user.is_authenticated else HTTPStatus.UNAUTHORIZED
        return _errors({"file": [_("Your login does not allow uploads. Log in again.")]}, status)
    try:
        image = _stored(request)
    except TooManyUploads as error:
        return _errors({"file": [str(error)]}, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(error.wait_s)})
    except ValidationError as error:
        return _errors(error.message_dict)
    return JsonResponse(_item(image, request.POST.get("alt", "")), status=HTTPStatus.CREATED)


@require_safe
@studio_view
def images(request: HttpRequest) -> HttpResponse:
    """The library, newest first: as JSON, as the picker's fragment (``?part=picker``), or as a page."""
    return _library(request)


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def image(request: HttpRequest, image_id: int) -> HttpResponse:
    """One image: its words and focal point, its files, and where it is used."""
    found = _found(image_id)
    if request.method != "POST":
        return _image_page(request, found)
    given = {name: request.POST.get(name, "") for name in ("alt", "focal_x_pct", "focal_y_pct")}
    try:
        image_update(image_id=image_id, actor=request.user, **given)  # type: ignore[arg-type]
    except NotAllowedError:
        return render(request, "studio/forbidden.html", status=HTTPStatus.FORBIDDEN)
    except ValidationError as error:
        return _image_page(request, found, given=given, errors=error.message_dict, status=422)
    messages.success(request, _("The image is saved."))
    return redirect("studio:image", image_id)


class TooManyUploads(Exception):
    """The account has uploaded its share of this hour."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            _("You have uploaded a lot in the last hour. Try again in %(minutes)s minutes.")
            % {"minutes": wait_s // 60 + 1}
        )
        self.wait_s = wait_s


def _stored(request: HttpRequest) -> Image:
    """Store what the request brings; raises ValidationError or TooManyUploads."""
    file = request.FILES.get("file")
    if file is None or isinstance(file, list):
        raise ValidationError({"file": _("Choose a file.")})
    account: Any = request.user
    if seconds := wait_s(account.pk, file.size or 0):
        raise TooManyUploads(seconds)
    focal: dict[str, Any] = {
        name: request.POST[name] for name in ("focal_x_pct", "focal_y_pct") if request.POST.get(name)
    }
    return image_store(file=file, alt=request.POST.get("alt", ""), actor=account, **focal)


@studio_view
def _upload_page(request: HttpRequest) -> HttpResponse:
    try:
        stored = _stored(request)
    except TooManyUploads as error:
        return _library(request, errors={"file": [str(error)]}, status=HTTPStatus.TOO_MANY_REQUESTS)
    except ValidationError as error:
        return _library(request, errors=error.message_dict, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("The image is in the library."))
    return redirect("studio:image", stored.pk)


def _library(request: HttpRequest, *, errors: dict[str, list[str]] | None = None, status: int = 200) -> HttpResponse:
    search = request.GET.get("q", "").replace("\x00", "").strip()[:_MAX_SEARCH_CHARS]
    try:
        page = selectors.image_list(limit=PAGE_IMAGES, search=search, before=request.GET.get("before"))
    except CursorError:
        raise Http404(_("There is no such page of the list.")) from None
    if not _wants_page(request) and "part" not in request.GET:
        return JsonResponse({"images": [_item(found) for found in page.images], "older": page.older})
    context = {
        "page": page, "search": search, "errors": errors or {}, "given": request.POST, "picker": "part" in request.GET,
    }  # fmt: skip
    template = "studio/parts/image_picker.html" if "part" in request.GET else "studio/images.html"
    return render(request, template, context, status=status)


def _image_page(
    request: HttpRequest,
    found: Image,
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    kept = {"alt": found.alt, "focal_x_pct": found.focal_x_pct, "focal_y_pct": found.focal_y_pct}
    context = {
        "image": found, "given": given or kept, "errors": errors or {}, "may_edit": may_edit_image(request.user, found),
        "uses": _uses(request, found), "total_bytes": sum(item["bytes"] for item in found.variants),
    }  # fmt: skip
    return render(request, "studio/image.html", context, status=status)


def _uses(request: HttpRequest, found: Image) -> list[Article]:
    """Return the articles that show it, without those of others that the account may not read."""
    uses, account = selectors.image_uses(image=found), request.user
    if may_view_all(account):
        return uses
    shown = Article.objects.filter(pk__in=[article.pk for article in uses])
    readable = set(articles_readable(account=account, articles=shown).values_list("pk", flat=True))  # type: ignore[arg-type]
    return [article for article in uses if article.pk in readable]


def _found(image_id: int) -> Image:
    try:
        return selectors.image_by_id(image_id=image_id)
    except (Image.DoesNotExist, OverflowError):
        raise Http404(_("There is no such image.")) from None


def _wants_page(request: HttpRequest) -> bool:
    """Whether a browser's own form or address bar asks; scripts ask for anything, or for JSON."""
    return "text/html" in request.headers.get("Accept", "") and request.GET.get("format") != "json"


def _item(found: Image, alt: str = "") -> dict[str, Any]:
    """Return the image for scripts; the Markdown has the words it was uploaded with this time."""
    return {
        "id": found.pk, "alt": found.alt, "name": found.name, "width": found.width, "height": found.height,
        "focal_x_pct": found.focal_x_pct, "focal_y_pct": found.focal_y_pct, "url": fallback_url(found),
        "thumbnail": thumbnail_url(found), "markdown": markdown_of(found, alt),
    }  # fmt: skip


def _errors(
    errors: dict[str, list[str]], status: int = HTTPStatus.UNPROCESSABLE_ENTITY, headers: dict[str, str] | None = None
) -> HttpResponse:
    return JsonResponse({"errors": errors}, status=status, headers=headers)
