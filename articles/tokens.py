"""What an access token is: its text, its digest, what it can be good for. Pure; ``services.tokens`` keeps the rows.

A token is ``ow_`` and 43 URL-safe characters (256 random bits), so a plain SHA-256 is enough: there is nothing to guess
and nothing to slow down.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

PREFIX = "ow_"
RAW_CHARS = len(PREFIX) + 43
SHOWN_CHARS = len(PREFIX) + 6
DEFAULT_DAYS = 30
MAX_DAYS = 365


class Scope(StrEnum):
    """What a token can be made for. It lends no right: its account must have the permission as well."""

    READ = "articles:read"
    WRITE = "articles:write"
    PUBLISH = "articles:publish"
    IMAGES = "images:write"
    GENERATE = "articles:generate"


#: What each scope opens, as the API's reference tells it.
SCOPES = {
    Scope.READ: "read drafts, pending changes and revisions",
    Scope.WRITE: "create and change articles, submit and withdraw them, discard pending changes",
    Scope.PUBLISH: "review, schedule, publish, unpublish, archive and restore articles",
    Scope.IMAGES: "upload images",
    Scope.GENERATE: "have texts written by a language model, and read and stop that",
}


def token_new() -> str:
    """Return the text of a new token."""
    return PREFIX + secrets.token_urlsafe(32)


def token_digest(raw: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def has_token_form(raw: str) -> bool:
    """Whether the text can be a token at all; the rest is not worth a query."""
    return len(raw) == RAW_CHARS and raw.startswith(PREFIX)


def bearer(header: str) -> str | None:
    """Return the text of an ``Authorization: Bearer …`` header; None when there is none, or one of another scheme."""
    kind, _space, raw = header.strip().partition(" ")
    return raw.strip() if kind.lower() == "bearer" else None
