"""``manage.py articles_export``: which articles go into the file, and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from articles.models import Article, Category

Make = Callable[..., Article]


@pytest.fixture
def world(draft: Make, published: Make) -> dict[str, Article]:
    """Articles that differ in what an export can choose by."""
    light = Category.objects.create(name="Light", slug="light")
    other = User.objects.create_superuser("ana")
    return {
        "draft": draft("A draft"),
        "lit": draft("Lit", category_id=light.pk),
        "live": published("Live"),
        "portuguese": published("Ao vivo", language="pt-br"),
        "hers": draft("Hers", author=other),
    }


def exported(path: Path, **options: Any) -> set[str]:
    """Export as Ana, who reads all; return the names of the Markdown files."""
    call_command("articles_export", str(path), **{"as_user": "ana", "verbosity": 0, **options})
    with zipfile.ZipFile(path) as archive:
        return {Path(name).stem for name in archive.namelist() if name.endswith(".md")}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, {"a-draft", "lit", "live", "ao-vivo", "hers"}),
        ({"mine": True}, {"hers"}),
        ({"category": "light"}, {"lit"}),
        ({"status": "published"}, {"live", "ao-vivo"}),
        ({"status": "published", "language": "pt-br"}, {"ao-vivo"}),
        ({"as_user": "clarice"}, {"a-draft", "lit", "live", "ao-vivo"}),
    ],
)
def test_a_choice_is_what_the_file_holds(
    world: dict[str, Article], tmp_path: Path, options: dict[str, Any], found: set[str]
) -> None:
    assert exported(tmp_path / "out.zip", **options) == found


def test_ids_are_the_articles_themselves(world: dict[str, Article], tmp_path: Path) -> None:
    assert exported(tmp_path / "out.zip", ids=f"{world['lit'].pk},{world['live'].pk}") == {"lit", "live"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"as_user": "nobody"}, "no active account 'nobody'"),
        ({"category": "dark"}, "There are: light."),
        ({"ids": "1,x"}, "--ids takes numbers"),
    ],
)
def test_a_wrong_choice_is_told_and_writes_nothing(
    world: dict[str, Article], tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        exported(tmp_path / "out.zip", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_touched(world: dict[str, Article], tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    path.write_text("mine")

    with pytest.raises(CommandError, match="is there already"):
        exported(path)
    assert path.read_text() == "mine"
