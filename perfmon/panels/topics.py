"""Topics: the name of what a page shows, and its payload, which first paint, frames and polling all share.

A topic is ``[language:]page/range[/key]``: ``overview/5m``, ``pt-br:hosts/1h``, ``endpoint/5m/GET /articles/<slug>/``,
``queries/5m/default/-mean/text``, ``loadtest/5m/12``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from django.conf import settings
from django.utils import translation

from perfmon.conf import on_change as on_config_change
from perfmon.context import muted
from perfmon.exceptions import StoreUnavailable, TopicError
from perfmon.panels.base import PAGES, PageQuery, Panel, panels_of
from perfmon.panels.keys import keys_of
from perfmon.panels.readings import hold_s, shared
from perfmon.panels.status import status_of
from perfmon.series import MAX_KEY_CHARS
from perfmon.store.ranges import RANGES

MAX_TOPIC_CHARS = MAX_KEY_CHARS + 40
MAX_HELD = 64

PanelReader = Callable[[Panel, PageQuery], dict[str, Any] | None]

_held: dict[tuple[str, str], tuple[float, dict[str, Any] | None]] = {}


def parse(topic: str) -> PageQuery:
    """Return what a topic asks for; raises TopicError naming what is allowed."""
    if len(topic) > MAX_TOPIC_CHARS:
        raise TopicError(f"A topic has at most {MAX_TOPIC_CHARS} characters.")
    language, rest = _split_language(topic)
    page, _, rest = rest.partition("/")
    if page not in PAGES:
        raise TopicError(f"Unknown page in the topic; pages are {', '.join(PAGES)}.")
    range_name, slash, key = rest.partition("/")
    if range_name not in RANGES:
        raise TopicError(f"Unknown range in the topic; ranges are {', '.join(RANGES)}.")
    if (slash and not key) or not keys_of(page).fits(key):
        raise TopicError(keys_of(page).wanted)
    if len(key) > MAX_KEY_CHARS or not key.isprintable():
        raise TopicError(f"An endpoint's key is printable and has at most {MAX_KEY_CHARS} characters.")
    return PageQuery(page, RANGES[range_name], key, language=language)


def topic_of(query: PageQuery) -> str:
    """Return the topic of a query; ``parse`` reads it back."""
    head = f"{query.language}:" if query.language else ""
    tail = f"/{query.key}" if query.key else ""
    return f"{head}{query.page}/{query.range.name}{tail}"


def payload(topic: str, now: float | None = None) -> dict[str, Any]:
    """Return a topic's payload at ``now`` (Unix s); a panel that can't be read now is None. Raises TopicError."""
    return payload_of(replace(parse(topic), now=time.time() if now is None else now))


def payload_of(query: PageQuery, read: PanelReader | None = None) -> dict[str, Any]:
    """Return a query's payload with texts in its language; perfmon's own reads stay out of what it measures."""
    with muted(), shared(hold=read is not None), translation.override(query.language or settings.LANGUAGE_CODE):
        panels = {panel.name: (read or _read)(panel, query) for panel in panels_of(query.page)}
        return {
            "topic": topic_of(query),
            "range": query.range.name,
            "generated_at": round(query.now, 3),
            "status": status_of(query),
            "panels": panels,
        }


def build(topic: str, now: float | None = None) -> bytes:
    """Return the payload as JSON. A frame a second: panels of long ranges, which move slower, are read less often."""
    query = replace(parse(topic), now=time.time() if now is None else now)
    return orjson.dumps(payload_of(query, _read_held))


def _split_language(topic: str) -> tuple[str, str]:
    head, colon, rest = topic.partition(":")
    if not colon or "/" in head:
        return "", topic
    known = [code for code, _ in settings.LANGUAGES]
    if head not in known:
        raise TopicError(f"Unknown language in the topic; languages are {', '.join(known)}.")
    return head, rest


def _read(panel: Panel, query: PageQuery) -> dict[str, Any] | None:
    try:
        return panel.data(query)
    except StoreUnavailable:
        return None


def _read_held(panel: Panel, query: PageQuery) -> dict[str, Any] | None:
    """As ``_read``, at most four times a step of the range's charts, and every second where steps are short."""
    longest_s = hold_s(query.range)
    if not panel.steady or not longest_s:
        return _read(panel, query)
    key = (panel.name, topic_of(query))
    read_at, data = _held.get(key, (0.0, None))
    if data is None or not 0 <= query.now - read_at < longest_s:
        data = _read(panel, query)
        if len(_held) >= MAX_HELD:
            _held.clear()
        _held[key] = (query.now, data)
    return data


on_config_change(_held.clear)
