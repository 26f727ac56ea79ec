"""Files to import, and the account that imports them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from articles.portability.archive import STUDIO
from articles.portability.importing import Import, Tally
from articles.portability.planning import Existing, Wishes
from articles.portability.source import Fault

Files = Iterable[tuple[str | zipfile.ZipInfo, str | bytes]]


@pytest.fixture(autouse=True)
def private_folders(settings: Any, tmp_path: Path) -> None:
    """Keep private files and images out of the project's own folder."""
    settings.VAR_DIR = tmp_path / "var"
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def pack(tmp_path: Path) -> Callable[[Files], Path]:
    """Make a ZIP archive."""

    def make(files: Files) -> Path:
        path = tmp_path / "articles.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(name, data)
        return path

    return make


@pytest.fixture
def chief(db: None) -> User:
    """An editor: may add, change, review and publish."""
    user = User.objects.create_user("chief", password="a long password", first_name="Rui", last_name="Sá")
    names = ["add_article", "view_article", "change_article", "review_article", "publish_article"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def dry(author: User) -> Callable[..., Tally]:
    """Return what a dry run of a file says."""

    def run(path: Path, account: User = author, existing: str = "skip", *, publish: bool = False) -> Tally:
        with Import(path, path.name, account, Wishes(Existing(existing), publish), STUDIO) as imported:
            return imported.dry_run()

    return run


@pytest.fixture
def bring(author: User) -> Callable[..., list[Fault]]:
    """Import a file; return what could not be stored."""

    def run(path: Path, account: User = author, existing: str = "skip", *, publish: bool = False) -> list[Fault]:
        with Import(path, path.name, account, Wishes(Existing(existing), publish), STUDIO) as imported:
            return [fault for planned in imported.planned() for fault in imported.store(planned)]

    return run


def markdown(title: str = "On lamps", body: str = "They glow.", **fields: str) -> str:
    """Return a file of one article."""
    head = "".join(f"{name}: {value}\n" for name, value in {"title": title, **fields}.items())
    return f"---\n{head}---\n\n{body}"
