"""What is read of images: those a text shows, the library's pages, where one is used."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q

from articles.cursors import decode_cursor, encode_cursor
from articles.models import Article, Image

MAX_USES = 50


@dataclass(frozen=True, slots=True)
class ImagePage:
    """Images, newest first, with the cursor of the page of older ones; None when there is none."""

    images: list[Image]
    older: str | None


def image_by_id(*, image_id: int) -> Image:
    """Return an image; raises Image.DoesNotExist."""
    return Image.objects.get(pk=image_id)


def images_by_digest(digests: Collection[str]) -> dict[str, Image]:
    """Return the images there are of these, by digest: one query, or none for none."""
    if not digests:
        return {}
    return {image.digest: image for image in Image.objects.filter(digest__in=digests)}


def images_by_id(ids: Iterable[int | None]) -> dict[int, Image]:
    """Return the images there are of these, by id, as for the covers of a list: one query, or none for none."""
    wanted = {image_id for image_id in ids if image_id is not None}
    return Image.objects.in_bulk(wanted) if wanted else {}


def image_list(*, limit: int, search: str = "", before: str | None = None) -> ImagePage:
    """Return a page of the library: the newest, or those older than ``before``; raises CursorError."""
    images = Image.objects.order_by("-created_at", "-pk")
    if search:
        images = images.filter(Q(alt__icontains=search) | Q(name__icontains=search))
    if before is not None:
        moment, pk = decode_cursor(before)
        # The first condition alone is what the index is entered by.
        images = images.filter(created_at__lte=moment).exclude(created_at=moment, pk__gte=pk)
    found = list(images[: limit + 1])  # one more says whether there is another page, without a count
    last = found[limit - 1] if len(found) > limit else None
    return ImagePage(found[:limit], encode_cursor((last.created_at, last.pk)) if last else None)


def image_uses(*, image: Image) -> list[Article]:
    """Return the articles that show the image, or will once their changes are published; the newest ``MAX_USES``.

    Reads all texts, so it is for one image's page and not for a list.
    """
    shown = Q(cover=image) | Q(body__contains=image.digest)
    pending = Q(draft__content__cover_id=image.pk) | Q(draft__content__body__icontains=image.digest)
    articles = Article.objects.filter(shown | pending).only("title", "slug", "status", "language", "cover")
    return list(articles.order_by("-updated_at", "-pk")[:MAX_USES])
