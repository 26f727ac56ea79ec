"""How the API's tests call it and read its refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

MakeProgram = Callable[..., "Program"]


class Program:
    """A program with a token: sends and reads JSON."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._client = Client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call an address; what is no text or bytes is sent as JSON."""
        content = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        sent = {
            "Authorization": f"Bearer {self.raw}",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return self._client.generic(method, path, content, content_type="application/json", headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """Read an address."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Send to an address."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """Change what is at an address."""
        return self.call("PATCH", path, body, **headers)


def refused(answer: Any, status: int = 422) -> list[str]:
    """The names of the fields a problem refuses."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [error["field"] for error in answer.json().get("errors", [])]
