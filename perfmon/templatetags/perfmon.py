"""Filters and tags of perfmon's templates; numbers and paths are made where the frames' are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from perfmon.panels import formats
from perfmon.sparkline import spark_path as sparkline_path
from perfmon.sparkline import spread_path as distribution_path

register = template.Library()


@register.filter
def spark_path(heights: Sequence[int | None]) -> str:
    """The path of a sparkline."""
    return sparkline_path(heights or [])


@register.filter
def spread_path(digits: Sequence[int]) -> str:
    """The path of a tiny distribution."""
    return distribution_path(digits or [])


@register.filter
def moment(value: float | str | None) -> SafeString | str:
    """A ``time`` element of Unix seconds or ISO text: UTC as rendered, turned to local time by the browser."""
    if not value:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    at = at.astimezone(UTC)
    form = "%H:%M:%S UTC" if at.date() == datetime.now(UTC).date() else "%Y-%m-%d %H:%M UTC"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), at.strftime(form))


@register.filter
def in_unit(value: float | None, unit: str) -> str:
    """A chart's value with its unit: the ticks of an axis, the cells of its table."""
    if value is None:
        return formats.NOTHING
    if unit == "ms":
        return formats.target(formats.duration(value))
    return formats.target(formats.percent(value) if unit == "%" else formats.rate(value, unit))
