"""Every kind of page is valid HTML, as an independent validator sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from tests.pages.kinds import EDITOR, GENERATION, OPERATOR, READER, SITE, WRITER, Kind
from tests.pages.world import World, run_node


def _client(world: World, who: str) -> Client:
    client = Client()
    if who != READER:
        client.force_login(world.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def _written(world: World, kinds: tuple[Kind, ...], folder: Path) -> dict[str, str]:
    """Store each page; return which address each file is of."""
    names = {}
    for number, kind in enumerate(kinds):
        path = kind.path(world)
        answer = _client(world, kind.who).get(path)
        assert answer.status_code == kind.status, path
        file = folder / f"{number}.html"
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        file.write_bytes(body)
        names[file.name] = path
    return names


# The admin's pages are Django's own.
@pytest.mark.parametrize(
    "kinds", [SITE, WRITER, GENERATION, EDITOR, OPERATOR], ids=["site", "writer", "generation", "editor", "operator"]
)
def test_pages_are_valid_html(world: World, node_modules: Path, tmp_path: Path, kinds: tuple[Kind, ...]) -> None:
    names = _written(world, kinds, tmp_path)
    program = str(node_modules / "html-validate" / "bin" / "html-validate.mjs")
    checked = run_node(program, "--config", "htmlvalidate.json", "--formatter", "json", str(tmp_path / "*.html"))

    assert checked.returncode in (0, 1), checked.stderr
    found = [
        f"{names[Path(file['filePath']).name]}:{message['line']} {message['ruleId']}: {message['message']}"
        for file in json.loads(checked.stdout)
        for message in file["messages"]
    ]
    assert found == []


def test_the_validator_finds_what_is_wrong(node_modules: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!doctype html><html lang='en'><title>x</title><p><div id=a id=b></p>")
    program = str(node_modules / "html-validate" / "bin" / "html-validate.mjs")
    checked = run_node(program, "--config", "htmlvalidate.json", "--formatter", "json", str(tmp_path / "bad.html"))

    assert checked.returncode == 1
