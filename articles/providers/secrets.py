"""Providers' keys at rest: encrypted with what ``SECRET_KEY`` gives, read with its fallbacks too, never shown again."""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from articles.exceptions import ArticleError

_PURPOSE = b"articles.providers.secrets"
_HINT_CHARS = 4
_LEAST_HINTED_CHARS = 12  # of a shorter key the hint would be too much of it


class SecretLost(ArticleError):
    """A stored key can't be read: it was encrypted with another SECRET_KEY than today's and the fallbacks."""


def sealed(key: str) -> str:
    """Return a key as it is stored."""
    return _box().encrypt(key.encode()).decode() if key else ""


def opened(secret: str) -> str:
    """Return the key that was stored; raises SecretLost."""
    if not secret:
        return ""
    try:
        return _box().decrypt(secret.encode()).decode()
    except InvalidToken:
        raise SecretLost("The key was encrypted with another SECRET_KEY; enter it again.") from None


def resealed(secret: str) -> str:
    """Return a stored key encrypted with today's SECRET_KEY; raises SecretLost."""
    return sealed(opened(secret))


def hint_of(key: str) -> str:
    """Return by what a person knows a key again: its end."""
    return key[-_HINT_CHARS:] if len(key) >= _LEAST_HINTED_CHARS else ""


def _box() -> MultiFernet:
    return _box_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@functools.lru_cache(maxsize=4)
def _box_of(*secret_keys: str) -> MultiFernet:
    return MultiFernet([_fernet(secret_key) for secret_key in secret_keys])


def _fernet(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
