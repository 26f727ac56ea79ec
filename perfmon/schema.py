"""What a metric sent by another program must look like; pure checks that name every field they refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple

from perfmon.series import MAX_KEY_CHARS, NS_PER_MS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_ENDPOINT_CHARS = MAX_KEY_CHARS - len("OPTIONS ")
MAX_RESPONSE_MS = 600_000
MAX_FUTURE_S = 5
_ENDPOINT = re.compile(r"[/A-Za-z0-9][/A-Za-z0-9_.~:<>{}*+@,()-]*")
_REQUIRED = ("endpoint", "method", "response_time", "status_code")


class FieldError(NamedTuple):
    """One refused field, by its place in the body, and what it must be."""

    field: str
    message: str


class Metric(NamedTuple):
    """One request another program measured; ``second`` is Unix time."""

    method: str
    endpoint: str
    duration_ns: int
    status: int
    second: int


class MalformedBodyError(ValueError):
    """The body is not JSON; the message says where."""


def parse_json(body: bytes) -> Any:
    """Parse JSON; NaN and Infinity pass as floats so that their field can be named. Raises MalformedBodyError."""
    try:
        return json.loads(body)
    except RecursionError:
        raise MalformedBodyError("The body is nested too deeply.") from None
    except ValueError as error:  # bad UTF-8 and numbers of thousands of digits too
        raise MalformedBodyError(f"The body is not JSON: {error}") from None


def read_metrics(body: Any, *, now: float, late_limit_s: int, max_items: int) -> tuple[list[Metric], list[FieldError]]:
    """Return the metrics of a parsed body, one object or ``{"metrics": [...]}``, and every error found in it.

    ``now`` is Unix time; a metric may be ``late_limit_s`` old and no more than ``MAX_FUTURE_S`` ahead.
    """
    if not isinstance(body, dict):
        return [], [FieldError("", f"must be an object, not {_kind(body)}")]
    if "metrics" not in body:
        return _read_all([("", body)], now, late_limit_s)
    items, others = body["metrics"], [name for name in body if name != "metrics"]
    if others:
        return [], [_unknown("", name) for name in others]
    if not isinstance(items, list) or not items:
        return [], [FieldError("metrics", "must be a list of at least one metric")]
    if len(items) > max_items:
        return [], [FieldError("metrics", f"has {len(items)} items; at most {max_items} are taken at once")]
    return _read_all([(f"metrics[{index}]", item) for index, item in enumerate(items)], now, late_limit_s)


def _read_all(items: list[tuple[str, Any]], now: float, late_limit_s: int) -> tuple[list[Metric], list[FieldError]]:
    metrics, errors = [], []
    for path, item in items:
        found = _errors_of(path, item, now, late_limit_s)
        errors += found
        if not found:
            metrics.append(_metric(item, now))
    return metrics, errors


def _errors_of(path: str, item: Any, now: float, late_limit_s: int) -> list[FieldError]:
    if not isinstance(item, dict):
        return [FieldError(path, f"must be an object, not {_kind(item)}")]
    errors = [_unknown(path, name) for name in item if name not in _CHECKS]
    for name, check in _CHECKS.items():
        message = check(item[name]) if name in item else _absence_error(name)
        if message:
            errors.append(FieldError(_at(path, name), message))
    if not errors and "timestamp" in item:
        message = _age_error(_moment(item["timestamp"]) - now, late_limit_s)
        if message:
            errors.append(FieldError(_at(path, "timestamp"), message))
    return errors


def _absence_error(name: str) -> str:
    return "is required" if name in _REQUIRED else ""


def _endpoint_error(value: Any) -> str:
    if not isinstance(value, str):
        return f"must be a string, not {_kind(value)}"
    if not 1 <= len(value) <= MAX_ENDPOINT_CHARS:
        return f"must have 1 to {MAX_ENDPOINT_CHARS} characters, has {len(value)}"
    if not _ENDPOINT.fullmatch(value):
        return "must be a route such as /articles/<slug>/: letters, digits and / _ . ~ : < > { } * + @ , ( ) -"
    return ""


def _method_error(value: Any) -> str:
    return "" if isinstance(value, str) and value in METHODS else f"must be one of {', '.join(METHODS)}"


def _response_time_error(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"must be a number of milliseconds, not {_kind(value)}"
    if not 0 <= value <= MAX_RESPONSE_MS or not isfinite(value):
        return f"must be a finite number of milliseconds from 0 to {MAX_RESPONSE_MS}"
    return ""


def _status_code_error(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"must be a whole number, not {_kind(value)}"
    return "" if 100 <= value <= 599 else "must be from 100 to 599"


def _timestamp_error(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40:
        return "must be an ISO 8601 time with its offset, such as 2026-01-31T10:42:00Z"
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return "must be an ISO 8601 time with its offset, such as 2026-01-31T10:42:00Z"
    return "" if moment.tzinfo else "must carry its offset, such as Z or -03:00"


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "endpoint": _endpoint_error,
    "method": _method_error,
    "response_time": _response_time_error,
    "status_code": _status_code_error,
    "timestamp": _timestamp_error,
}


def _age_error(ahead_s: float, late_limit_s: int) -> str:
    if ahead_s > MAX_FUTURE_S:
        return f"lies {ahead_s:.0f} s in the future; at most {MAX_FUTURE_S} s are allowed"
    return f"is {-ahead_s:.0f} s old; at most {late_limit_s} s are allowed" if -ahead_s > late_limit_s else ""


def _metric(item: dict[str, Any], now: float) -> Metric:
    second = int(_moment(item["timestamp"])) if "timestamp" in item else int(now)
    duration_ns = round(item["response_time"] * NS_PER_MS)
    return Metric(item["method"], item["endpoint"], duration_ns, item["status_code"], min(second, int(now)))


def _moment(text: str) -> float:
    # The year 1 with an offset can't be a Unix time on every platform; it is too old in any case.
    try:
        return datetime.fromisoformat(text).timestamp()
    except (OverflowError, ValueError):
        return 0.0


def _unknown(path: str, name: str) -> FieldError:
    return FieldError(_at(path, name[:80]), f"is not a field; known are {', '.join(_CHECKS)}")


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "true or false", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")
