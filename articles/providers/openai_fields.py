"""What is sent to an OpenAI-compatible server: the fields it takes, and those it was found not to know."""

from __future__ import annotations

import re
from typing import Any

from articles.enums import CallOutcome
from articles.providers.base import ChatRequest, Endpoint, ProviderError

#: What an answer does without when the server does not know it.
_DISPENSABLE = frozenset(
    {"stream_options", "seed", "repeat_penalty", "top_p", "temperature", "stop", "response_format"}
)
_LIMITS = ("max_tokens", "max_completion_tokens")
#: How servers say so; a field may be named for other reasons, such as a limit that is too high.
_UNKNOWN = re.compile(
    r"(?i)un(?:supported|known|recogni[sz]ed|expected)|not (?:supported?|permitted|allowed)|n't support|extra_forbidden"
    r"|extra inputs|cannot both|invalid schema|only the default"
)
#: Per address and model, for as long as this process lives.
_left_out: dict[tuple[str, str], frozenset[str]] = {}


def fields_of(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """Return the body of a request but for model and messages, without what the server was found not to take.

    ``endpoint.extra`` adds fields, and null there takes one away. ``repeat_penalty`` is sent where it is one of these.
    """
    out = _left_out.get(_key(endpoint), frozenset())
    fields: dict[str, Any] = {
        _limit_name(endpoint, out): request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        "response_format": _response_format(endpoint, request),
        "stream_options": {"include_usage": True},
        **endpoint.extra,
    }
    if "repeat_penalty" in endpoint.extra and request.repeat_penalty != 1.0:
        fields["repeat_penalty"] = request.repeat_penalty
    return {name: value for name, value in fields.items() if value is not None and name not in out}


def leave_out(endpoint: Endpoint, fields: dict[str, Any], error: ProviderError) -> bool:
    """Remember the fields that a rejection names as unknown; whether there are any, so that asking anew makes sense."""
    if error.outcome != CallOutcome.REJECTED or not _UNKNOWN.search(error.message):
        return False
    named = {name for name in fields if re.search(rf"\b{name}\b", error.message)}
    found = named & (_DISPENSABLE | frozenset(_LIMITS))
    out = _left_out.get(_key(endpoint), frozenset())
    if set(_LIMITS) <= found | out:  # it takes neither name: that is no matter of names
        found -= set(_LIMITS)
    _left_out[_key(endpoint)] = out | found
    return bool(found)


def _limit_name(endpoint: Endpoint, out: frozenset[str]) -> str:
    names = _LIMITS[::-1] if endpoint.new_token_limit else _LIMITS
    return names[1] if names[0] in out else names[0]


def _response_format(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any] | None:
    if request.json_schema is None or not endpoint.takes_schema:
        return None
    schema = {"name": "answer", "schema": dict(request.json_schema), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def _key(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.base_url, endpoint.model
