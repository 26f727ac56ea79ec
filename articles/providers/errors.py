"""What went wrong at a provider, in our words: its answers, its silence and its moderation as ``ProviderError``."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx2
import openai

from articles.enums import CallOutcome
from articles.providers.base import Endpoint, ProviderError

_REFUSALS = ("content_policy", "content_filter", "moderation", "prohibited_content", "responsible_ai")
_KEY_TROUBLE = ("api key not valid", "api_key_invalid", "invalid_api_key", "incorrect api key")
_NO_CREDIT = ("insufficient_quota", "insufficient balance", "billing_hard_limit_reached")
_BY_STATUS = {
    401: CallOutcome.KEY_REJECTED,
    402: CallOutcome.KEY_REJECTED,
    403: CallOutcome.KEY_REJECTED,
    408: CallOutcome.TIMEOUT,
    429: CallOutcome.BUSY,
}
_SECRETS = re.compile(r"(?i)\b(bearer\s+|(?:sk|pk|key|api)[-_])[\w.*\-]{8,}|(?<=://)[^/\s@]+@")
_RETRY_DELAY = re.compile(r'"?retryDelay"?\W+"?(\d+(?:\.\d+)?)s')
_WORDS = ("error", "message", "detail", "msg")
_MOST_RETRY_AFTER_S = 86_400.0


def error_of(error: BaseException, endpoint: Endpoint) -> ProviderError:
    """Return what ``error`` means, with nothing of the library's in it: its own errors hold the request's headers."""
    if isinstance(error, ProviderError):
        return error
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, endpoint)
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return ProviderError(CallOutcome.UNREACHABLE, "No connection in time.")
    if isinstance(error, openai.APIConnectionError | httpx2.RequestError):
        return _of_connection(error, endpoint)
    if isinstance(error, openai.APIError):
        return _of_stream(error, endpoint)
    return ProviderError(CallOutcome.BROKEN, f"The answer could not be read ({type(error).__name__}).")


def scrubbed(text: str, endpoint: Endpoint) -> str:
    """Return a provider's words without the endpoint's key, in whichever spelling, and without what looks like one."""
    for spelling in {endpoint.key, quote(endpoint.key, safe=""), json.dumps(endpoint.key)[1:-1]} - {""}:
        text = text.replace(spelling, "[key]")
    return _SECRETS.sub("[key]", text)


def retry_after_s(headers: Mapping[str, str], body: str = "") -> float | None:
    """Return how long a provider asks to wait, s: by ``Retry-After`` in either form, its ms sister, or in the body."""
    waits = (
        _number(headers.get("retry-after-ms"), 0.001),
        _number(headers.get("retry-after"), 1.0),
        _until(headers.get("retry-after")),
        _number(match[1], 1.0) if (match := _RETRY_DELAY.search(body)) else None,
    )
    return next((min(wait, _MOST_RETRY_AFTER_S) for wait in waits if wait is not None), None)


def _number(text: str | None, unit_s: float) -> float | None:
    try:
        value = float(text or "") * unit_s
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str | None) -> float | None:
    try:
        at = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return max(0.0, at.timestamp() - time.time())


def _of_status(error: openai.APIStatusError, endpoint: Endpoint) -> ProviderError:
    status, body = error.status_code, _text(error.body)
    message = scrubbed(_words(error.body) or error.message, endpoint)
    return ProviderError(
        _outcome(status, body.lower()),
        f"{message} ({status})",
        status_code=status,
        retry_after_s=retry_after_s(error.response.headers, body),
    )


def _outcome(status: int, body: str) -> CallOutcome:
    if status in {400, 403, 422} and any(word in body for word in _REFUSALS):
        return CallOutcome.REFUSED
    if any(word in body for word in _NO_CREDIT) or (status == 400 and any(word in body for word in _KEY_TROUBLE)):
        return CallOutcome.KEY_REJECTED  # as with a wrong key, only a person can help
    return _BY_STATUS.get(status, CallOutcome.SERVER_ERROR if status >= 500 else CallOutcome.REJECTED)


def _of_connection(error: BaseException, endpoint: Endpoint) -> ProviderError:
    cause: BaseException = error
    while cause.__cause__ is not None:
        if isinstance(cause, ProviderError):
            return cause
        cause = cause.__cause__
    if isinstance(error.__cause__, httpx2.RemoteProtocolError | httpx2.ReadError):
        return ProviderError(CallOutcome.BROKEN, "The provider broke the connection off.")
    return ProviderError(CallOutcome.UNREACHABLE, scrubbed(f"No connection: {cause}", endpoint))


def _of_stream(error: openai.APIError, endpoint: Endpoint) -> ProviderError:
    """Tell what an error that came within the stream means."""
    body = _text(error.body).lower()
    code = str(error.code or "")
    message = scrubbed(_words(error.body) or error.message, endpoint)
    if any(word in body for word in _REFUSALS):
        return ProviderError(CallOutcome.REFUSED, message)
    if code == "429" or "rate_limit" in body:
        return ProviderError(CallOutcome.BUSY, message, retry_after_s=retry_after_s({}, body))
    return ProviderError(CallOutcome.SERVER_ERROR, message)


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body, default=str)


def _words(body: object) -> str:
    """Find the one sentence for people in a provider's answer: each has its own wrapping for it."""
    if isinstance(body, list) and body:
        return _words(body[0])
    if isinstance(body, Mapping):
        found: Any = next((body[name] for name in _WORDS if body.get(name)), None)
        place = ".".join(str(part) for part in body["loc"]) if isinstance(body.get("loc"), list) else ""
        return (found if isinstance(found, str) else _words(found)) + (f": {place}" if place else "")
    return "" if body is None else _text(body)[:200]
