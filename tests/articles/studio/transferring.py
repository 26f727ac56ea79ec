"""What the tests of imports send and read."""

from __future__ import annotations

import io
import zipfile
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

URL = "/studio/import/"


def packed(*files: tuple[str, str | bytes]) -> bytes:
    """Return a ZIP archive."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return data.getvalue()


def send(client: Client, data: str | bytes, name: str = "lamps.md", **fields: Any) -> HttpResponse:
    """Upload a file."""
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post(URL, {"file": file, "existing": "skip"} | fields)  # type: ignore[return-value]


def checked(client: Client, data: str | bytes, name: str = "lamps.md", **fields: Any) -> str:
    """Upload a file; return the address of its dry run."""
    answer = send(client, data, name, **fields)
    assert answer.status_code == 302
    return answer["Location"]


def page(client: Client, address: str) -> str:
    """Return a page's text as it is read."""
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())
