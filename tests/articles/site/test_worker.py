"""The service worker's script and what it is told, as the browser fetches them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.test import Client

from articles.site import worker


def told(client: Client) -> dict[str, Any]:
    """The worker's settings."""
    found = re.search(r"self\.WORKER = (\{.*\});", client.get("/sw.js").content.decode())
    assert found
    settings: dict[str, Any] = json.loads(found[1])
    return settings


def test_the_worker_is_served_at_the_root_and_asked_for_each_time(client: Client) -> None:
    answer = client.get("/sw.js")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert not answer.cookies
    assert answer.content.decode().endswith("importScripts(self.WORKER.script);\n")


def test_everything_it_keeps_from_the_start_is_there(client: Client, db: None) -> None:
    listed = told(client)["precache"]

    assert {"/en/offline/", "/pt-br/offline/"} <= {*listed}
    for address in listed:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            assert client.get(address).status_code == 200, address


def test_everything_a_page_loads_is_among_it(client: Client, db: None) -> None:
    listed = told(client)["precache"]
    for address in ("/en/", "/en/offline/", "/en/search/", "/nowhere/"):
        page = client.get(address).content.decode()
        assert {*re.findall(r'(?:src|href)="(/static/[^"]+)"', page)} <= {*listed}, address


def test_the_version_follows_what_is_in_the_files(client: Client, monkeypatch: Any) -> None:
    before = told(client)["version"]
    assert told(client)["version"] == before

    monkeypatch.setattr(worker, "PRECACHED", worker.PRECACHED[:-1])

    assert told(client)["version"] != before


def test_the_offline_page_is_in_each_language_and_costs_no_query(
    client: Client, django_assert_num_queries: Any, db: None
) -> None:
    with django_assert_num_queries(0):
        assert "You are offline" in client.get("/en/offline/").content.decode()
        assert '<html lang="pt-br">' in client.get("/pt-br/offline/").content.decode()


def test_the_script_names_no_address_that_readers_without_an_account_have_no_use_for() -> None:
    found = finders.find(worker.SCRIPT)
    assert isinstance(found, str)
    script = Path(found).read_text()

    assert len(script.splitlines()) <= 200
    assert not re.search(r"/admin|/studio|/api|/dashboard", script)  # what it handles is listed, not what it leaves
