"""Messages from one page to the next, and requests that have none."""

from __future__ import annotations

import pytest
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import path
from django.utils.functional import empty


def save(request: HttpRequest) -> HttpResponse:
    """Leave a message for the next page."""
    messages.success(request, "Saved.")
    return HttpResponseRedirect("/show/")


def show(request: HttpRequest) -> HttpResponse:
    """Show what was left."""
    return HttpResponse(" ".join(map(str, messages.get_messages(request))))


def plain(request: HttpRequest) -> HttpResponse:
    """Have nothing to do with messages."""
    return HttpResponse()


urlpatterns = [path("save/", save), path("show/", show), path("plain/", plain)]
pytestmark = pytest.mark.urls(__name__)


def test_a_message_is_shown_once_on_the_next_page_that_shows_any(client: Client, db: None) -> None:
    client.get("/save/")
    client.get("/plain/")

    assert client.get("/show/").content == b"Saved."
    assert client.get("/show/").content == b""


def test_a_request_without_messages_looks_nowhere_for_them(client: Client, db: None) -> None:
    client.get("/save/")
    request = client.get("/plain/").wsgi_request

    assert request._messages._wrapped is empty  # type: ignore[attr-defined]
    assert not request.session.accessed
