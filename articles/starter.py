"""The articles a new site starts with: Markdown files with front matter in ``articles/starter/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from articles.content import Content
from articles.models import Article, Category
from articles.services.articles import article_create
from articles.services.publishing import article_publish

FOLDER = Path(__file__).parent / "starter"
AUTHOR = {"username": "omniwriter", "first_name": "Omni", "last_name": "Writer", "is_active": False}
_FENCE = "---\n"


class StarterFile(NamedTuple):
    """One file: its front matter and its text."""

    slug: str
    title: str
    language: str
    category: str
    tags: tuple[str, ...]
    excerpt: str
    body: str


def read_starter(folder: Path = FOLDER) -> list[StarterFile]:
    """Return the files in the order of their names; the oldest article comes first."""
    return [_read(path) for path in sorted(folder.glob("*.md"))]


def starter_load() -> int:
    """Store and publish the articles whose slugs are not there yet, all or none; return how many."""
    files = read_starter()
    with transaction.atomic():
        there = set(Article.objects.filter(slug__in=[file.slug for file in files]).values_list("slug", flat=True))
        missing = [file for file in files if file.slug not in there]
        if missing:
            author = _author()
            for file in missing:
                article = article_create(content=_content(file), author=author)
                article_publish(article_id=article.pk, actor=None)
    return len(missing)


def _content(file: StarterFile) -> Content:
    """Return the file as an article's content, with its category made when it is not there."""
    fields = file._asdict()
    name = fields.pop("category")
    category, _created = Category.objects.get_or_create(slug=slugify(name), defaults={"name": name})
    return Content(**fields, category_id=category.pk)


def _author() -> User:
    """Return the account the articles are by; nobody can log in with it."""
    author, created = get_user_model().objects.get_or_create(username=AUTHOR["username"], defaults=AUTHOR)
    if created:
        author.set_unusable_password()
        author.save(update_fields=["password"])
    return author


def _read(path: Path) -> StarterFile:
    _, head, body = path.read_text(encoding="utf-8").split(_FENCE, 2)
    fields: dict[str, Any] = dict(line.split(": ", 1) for line in head.splitlines())
    tags = tuple(tag.strip() for tag in fields.pop("tags").split(","))
    return StarterFile(body=body.strip() + "\n", tags=tags, **fields)
