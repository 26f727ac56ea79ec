"""Articles into files: what an export writes of each, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse

from articles.access import CHANGE
from articles.content import Content
from articles.images import files
from articles.models import Article, Category, Image
from articles.portability.front_matter import write_markdown
from articles.portability.tables import joined, write_table
from articles.portability.zipping import Entry, zip_chunks
from articles.querysets import ArticleQuerySet
from articles.selectors.portable import articles_readable, articles_whole, may_view_all

IMAGES_FOLDER = "images"
_DIGEST = re.compile("/media/images/([0-9a-f]{64})/")
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into the files: the text being written or what readers see, image files or their names alone."""

    pending: bool = True
    images: bool = True
    bom: bool = False


class Export:
    """The articles of a query that the account may read, as files."""

    def __init__(self, articles: ArticleQuerySet, account: AbstractBaseUser, choice: Choice) -> None:
        self._account, self._choice = account, choice
        self._sees_all = may_view_all(account)
        self._tells_logins = bool(account.has_perm(CHANGE))  # type: ignore[attr-defined]
        self.articles = articles_readable(account=account, articles=articles)
        self._written: set[str] = set()  # image files, each once however many articles show it
        self._categories: dict[int, str] = {}

    def zip(self) -> Iterator[bytes]:
        """Yield a ZIP archive; memory holds one article or image at a time and the names of what was written."""
        return zip_chunks(entry for article in self._articles() for entry in self.entries(article))

    def csv(self) -> Iterator[bytes]:
        """Yield a table, a line at a time."""
        rows = (self._cells(article) for article in self._articles())
        return (line.encode() for line in write_table(rows, bom=self._choice.bom))

    def entries(self, article: Article) -> Iterator[Entry]:
        """Yield the files of one article: its text, then the images that were not written yet."""
        content, has_changes = self._content(article)
        images = _images(article, content)
        fields = self._fields(article, content, has_changes)
        if images:
            fields["images"] = [{"file": _image_name(image), "alt": image.alt} for image in images]
        text = write_markdown(fields, content.body)
        yield Entry(_file_name(article), text.encode(), article.updated_at)
        if self._choice.images:
            yield from self._pictures(images)

    def _articles(self) -> Iterator[Article]:
        return articles_whole(articles=self.articles)

    def _pictures(self, images: list[Image]) -> Iterator[Entry]:
        for image in images:
            source = files.source_of(image.digest)
            if source is not None and image.digest not in self._written:
                self._written.add(image.digest)
                yield Entry(_image_name(image), source.read_bytes(), image.created_at, packed=True)

    def _content(self, article: Article) -> tuple[Content, bool]:
        """Return the text to export, and whether readers don't see it yet."""
        may_see = self._choice.pending and (self._sees_all or article.author_id == self._account.pk)
        pending = article.pending if may_see else None
        if pending is not None:
            return pending.written, True
        return article.content(tag.name for tag in article.tags.all()), False

    def _fields(self, article: Article, content: Content, has_changes: bool) -> dict[str, Any]:
        """Return the front matter's fields in its order; those that are empty and need not be there are left out."""
        cover = _cover(article, content)
        told = {
            "title": content.title,
            "slug": content.slug,
            "language": str(content.language),  # of an article just made it is an enum's member
            "excerpt": content.excerpt,
            "category": self._category(article, content),
            "tags": sorted(content.tags),
            "cover": _image_name(cover) if cover else "",
            "seo_title": content.seo_title,
            "seo_description": content.seo_description,
            "origin": str(content.origin),
            "status": str(article.status),
            **self._about(article),
        }
        if has_changes:
            told["unpublished_changes"] = True
        return told

    def _about(self, article: Article) -> dict[str, Any]:
        author: Any = article.author
        about: dict[str, Any] = {"author": author.get_full_name()}
        if self._tells_logins:
            about["username"] = author.get_username()
        about["version"] = article.version
        moments = ("created_at", "updated_at", "published_at", "publish_at", "unpublish_at")
        return about | {name: _stamp(moment) for name in moments if (moment := getattr(article, name))}

    def _cells(self, article: Article) -> dict[str, str]:
        content, _has_changes = self._content(article)
        fields = self._fields(article, content, has_changes=False)
        fields |= {"words": article.words, "url": reverse("articles:detail", args=[article.slug])}
        fields["tags"] = joined(fields["tags"])
        return {name: str(value) for name, value in fields.items()}

    def _category(self, article: Article, content: Content) -> str:
        if content.category_id is None:
            return ""
        if content.category_id == article.category_id and article.category is not None:
            return article.category.slug
        if not self._categories:  # changes behind a published text, of another category than the one joined
            self._categories = dict(Category.objects.values_list("pk", "slug"))
        return self._categories.get(content.category_id, "")


def _cover(article: Article, content: Content) -> Image | None:
    if content.cover_id == article.cover_id:
        return article.cover
    return Image.objects.filter(pk=content.cover_id).first() if content.cover_id else None


def _images(article: Article, content: Content) -> list[Image]:
    """Return the images of the article, the cover first, then in the text's order; no query when there are none."""
    digests = list(dict.fromkeys(_DIGEST.findall(content.body)))
    known = {image.digest: image for image in Image.objects.filter(digest__in=digests)} if digests else {}
    cover = _cover(article, content)
    shown = [cover] if cover else []
    return shown + [known[digest] for digest in digests if digest in known and known[digest] != cover]


def _image_name(image: Image) -> str:
    source = files.source_of(image.digest)
    return f"{IMAGES_FOLDER}/{image.digest}{source.suffix if source else '.jpeg'}"


def _file_name(article: Article) -> str:
    """Return the file's name: the slug is unique and has only letters, digits, hyphens and underscores."""
    stem = f"{article.slug}_" if _RESERVED.fullmatch(article.slug) else article.slug
    return f"{article.language}/{stem}.md"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
