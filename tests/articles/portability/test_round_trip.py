"""What is exported and imported into an empty site is the same again."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from articles.content import Content
from articles.enums import Language, Origin
from articles.models import Article, Category, Image
from articles.portability.exporting import Choice, Export
from articles.portability.front_matter import read_markdown
from articles.services.articles import article_create, article_save
from articles.services.images import image_store
from articles.services.publishing import article_publish

Bring = Callable[..., Any]

# All a database stores; "visible" so that titles and tags have something to see.
CHARS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
TEXTS = st.text(CHARS, max_size=120)
VISIBLE = TEXTS.map(lambda text: f"a{text}")
TAGS = st.lists(st.text(CHARS, max_size=20).map(lambda text: f"a{text}"), max_size=5)
CONTENTS = st.builds(
    Content,
    title=VISIBLE,
    body=st.text(CHARS, max_size=400),
    excerpt=TEXTS,
    language=st.sampled_from(Language.values),
    tags=TAGS.map(tuple),
    seo_title=TEXTS.map(lambda text: text[:110]),
    seo_description=TEXTS,
    origin=st.sampled_from(Origin.values),
)


def exported(account: User, path: Path, **choice: Any) -> Path:
    """Write all articles into a ZIP archive."""
    path.write_bytes(b"".join(Export(Article.objects.all(), account, Choice(**choice)).zip()))
    return path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CONTENTS)
def test_any_content_comes_back_as_it_was(content: Content, author: User, bring: Bring, tmp_path: Path) -> None:
    Article.objects.all().delete()
    before = article_create(content=content, author=author).content()
    path = exported(author, tmp_path / "all.zip")
    Article.objects.all().delete()

    assert bring(path) == []
    assert Article.objects.get().content().same_as(before)


def test_category_cover_images_author_and_day_come_back(
    author: User, chief: User, bring: Bring, tmp_path: Path
) -> None:
    image = image_store(file=picture(), alt="A lamp", actor=author)
    category = Category.objects.create(name="Home", slug="home")
    body = f"![A lamp](/media/images/{image.digest}/480.jpeg)"
    content = Content(title="On lamps", body=body, category_id=category.pk, cover_id=image.pk)
    article = article_publish(article_id=article_create(content=content, author=author).pk, actor=None)
    path = exported(chief, tmp_path / "all.zip")
    Article.objects.all().delete()
    Image.objects.all().delete()

    assert bring(path, chief, publish=True) == []

    back = Article.objects.get()
    stored = Image.objects.get()
    assert (back.category, back.cover, back.author) == (category, stored, author)
    assert (back.status, back.published_at) == ("published", article.published_at)
    assert stored.alt == "A lamp"
    assert f"/media/images/{stored.digest}/" in back.body

    assert bring(path, chief, "update") == []  # the image is known by its bytes now
    assert bring(path, chief, "copy") == []
    assert (Article.objects.count(), Article.objects.get().version, Image.objects.count()) == (1, back.version, 1)


def test_changes_behind_a_published_text_are_exported_only_to_who_may_see_them(
    author: User, chief: User, published: Callable[..., Article], tmp_path: Path
) -> None:
    article = published("Live", body="Seen.")
    changed = replace(article.content(), title="Changed", slug="changed")
    article_save(article_id=article.pk, content=changed, version=article.version, actor=author)
    stranger = User.objects.create_user("stranger")

    def titles(account: User, **choice: Any) -> list[str]:
        entries = Export(Article.objects.all(), account, Choice(**choice)).entries(Article.objects.get())
        return [read_markdown(entry.data, entry.name).given["title"] for entry in entries]

    assert titles(author) == titles(chief) == ["Changed"]
    assert titles(stranger) == titles(author, pending=False) == ["Live"]


def test_the_same_articles_make_the_same_bytes(author: User, published: Callable[..., Article], tmp_path: Path) -> None:
    for number in range(3):
        published(f"Number {number}", tags=("b", "a"))

    first = exported(author, tmp_path / "one.zip").read_bytes()
    assert exported(author, tmp_path / "two.zip").read_bytes() == first


def picture() -> SimpleUploadedFile:
    """A small photograph."""
    data = io.BytesIO()
    Pillow.new("RGB", (640, 400), "teal").save(data, "JPEG")
    return SimpleUploadedFile("lamp.jpg", data.getvalue(), "image/jpeg")


@pytest.mark.parametrize("slug", ["con", "aux", "lpt1"])
def test_a_name_that_windows_keeps_for_a_device_gets_another_file_name(
    draft: Callable[..., Article], author: User, slug: str
) -> None:
    entry = next(iter(Export(Article.objects.all(), author, Choice()).entries(draft(slug=slug))))

    assert entry.name == f"en/{slug}_.md"
