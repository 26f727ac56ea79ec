"""The uploaded file of an import: kept privately for its owner, dropped, or refused beside its field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from articles.portability.archive import STUDIO
from tests.articles.portability.conftest import markdown
from tests.articles.studio.transferring import URL, checked, page, send


@pytest.fixture(autouse=True)
def private_folders(settings: Settings, tmp_path: Path) -> None:
    """Keep private files and images out of the project's own folder."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "var", tmp_path / "media"


def kept(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "var").rglob("import-*")]


def test_a_file_can_be_dropped(writer: Client, tmp_path: Path) -> None:
    address = checked(writer, markdown())
    assert len(kept(tmp_path)) == 1

    assert writer.post(address, {"drop": "1"})["Location"] == URL

    assert kept(tmp_path) == []
    assert writer.get(address).status_code == writer.post(address).status_code == 404


def test_a_file_is_its_owners_alone(writer: Client, reviewer: Client, tmp_path: Path) -> None:
    address = checked(writer, markdown())

    assert reviewer.get(address).status_code == 404
    assert reviewer.post(address, {"existing": "skip"}).status_code == 404
    assert reviewer.post(address, {"drop": "1"}).status_code == 404
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize("token", ["x", "*", "*" * 22, "..", "a" * 22, "%2e%2e%2f" * 5, "[!x]" * 6])
def test_a_token_that_is_none_is_not_found(writer: Client, token: str) -> None:
    checked(writer, markdown())

    assert writer.get(f"{URL}{token}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("lamps.exe", "MZ", "Files of this kind are not read."),
        ("lamps.md.html", markdown(), "Files of this kind are not read."),
        ("lamps", markdown(), "Files of this kind are not read."),
        ("lamps.md", "", "The submitted file is empty."),
        ("lamps.zip", b"x" * ((1 << 20) + 1), "The file has more than 1 MiB."),
    ],
)
def test_a_file_that_is_not_read_is_refused_beside_its_field(
    writer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: str | bytes, says: str
) -> None:
    monkeypatch.setattr("articles.studio.transfer.STUDIO", replace(STUDIO, upload_bytes=1 << 20))

    answer = send(writer, data, name, existing="copy")

    assert answer.status_code == 422
    assert says in answer.context["form"].errors["file"][0]  # type: ignore[attr-defined]
    assert answer.context["form"]["existing"].value() == "copy"  # type: ignore[attr-defined]
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["ランプ" * 40 + ".md", "../../lamps.md", "lâmpadas do vovô.md", ".md", "-rf.md", "a" * 300 + ".md"]
)
def test_any_name_of_a_file_is_taken(writer: Client, tmp_path: Path, name: str) -> None:
    assert "New draft" in page(writer, checked(writer, markdown(), name))
    (path,) = (tmp_path / "var").rglob("import-*")
    assert path.parent.parent == tmp_path / "var" / "private"


def test_a_form_without_a_file_is_refused(writer: Client) -> None:
    answer = writer.post(URL, {"existing": "skip"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])


def test_imports_are_for_who_writes(visitor: Client, author: User) -> None:
    assert visitor.get(URL).status_code == send(visitor, markdown()).status_code == 403
    assert send(Client(), markdown())["Location"].startswith("/studio/login/")
