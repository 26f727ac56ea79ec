"""Numbers as people read them: about three digits, the unit apart, the decimal sign of the active language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

NOTHING = "–"
RANGE_WORDS = {
    "5m": _("5 minutes"),
    "1h": _("hour"),
    "6h": _("6 hours"),
    "24h": _("24 hours"),
    "7d": _("7 days"),
    "30d": _("30 days"),
    "90d": _("90 days"),
}
_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Figure(TypedDict):
    """A value with its text and unit; ``value`` is None and ``text`` a dash where nothing was measured."""

    value: float | None
    text: str
    unit: str


def duration(value_ms: float | None) -> Figure:
    """A duration in ms as ``2.90 µs``, ``873 ms``, ``1.24 s`` or ``2.50 min``."""
    if value_ms is None:
        return _nothing()
    if value_ms == 0:
        return Figure(value=0, text="0", unit="ms")
    for limit, factor, unit in ((0.9995, 1000.0, "µs"), (999.5, 1.0, "ms"), (59_950, 0.001, "s")):
        if value_ms < limit:
            return _figure(value_ms, value_ms * factor, unit)
    return _figure(value_ms, value_ms / 60_000, "min")


def count(value: float | None) -> Figure:
    """A number of things as ``873``, ``12.4 k`` or ``3.10 M``."""
    if value is None:
        return _nothing()
    if value < 1000:
        return Figure(value=value, text=f"{value:.0f}", unit="")
    return _figure(value, value / 1000, "k") if value < 999_500 else _figure(value, value / 1e6, "M")


def rate(value: float | None, unit: str = "/s") -> Figure:
    """Events a second; 0 only when there were none."""
    if value is not None and 0 < value < 0.005:
        return Figure(value=value, text=f"<{localize('0.01')}", unit=unit)
    if value is None or value < 1000:
        return _figure(value, value, unit)
    return _figure(value, value / 1000, f"k{unit}")


def recent(rates: Sequence[float]) -> str:
    """Rates over the last 10 s, minute and five minutes, in one line."""
    texts = [phrase(rate(value, "")) for value in rates]
    line = gettext("10 s %(ten)s · 1 min %(minute)s · 5 min %(five)s")
    return line % dict(zip(("ten", "minute", "five"), texts, strict=True))


def percent(value: float | None) -> Figure:
    """A share in percent; 0 and 100 only when they are exact."""
    if value is None:
        return _nothing()
    if value in (0, 100):
        return Figure(value=value, text=f"{value:.0f}", unit="%")
    if value > 99.9:
        return Figure(value=value, text=f">{localize('99.9')}", unit="%")
    return Figure(value=value, text=f"<{localize('0.01')}", unit="%") if value < 0.01 else _figure(value, value, "%")


def size(value: float | None, per: str = "") -> Figure:
    """Bytes in powers of 1024; ``per`` is put behind the unit (``/s``)."""
    if value is None:
        return _nothing()
    scaled, unit = float(value), 0
    while scaled >= 1000 and unit < len(_BYTE_UNITS) - 1:
        scaled /= 1024
        unit += 1
    text = f"{scaled:.0f}" if unit == 0 else localize(digits(scaled))
    return Figure(value=value, text=text, unit=f"{_BYTE_UNITS[unit]}{per}")


def plain(value: float | None) -> Figure:
    """A bare number such as the load average."""
    return _figure(value, value, "")


def dollars(micro_usd: float) -> str:
    """An amount of millionths of a US dollar: ``US$ 0``, ``US$ 0.0013``, ``US$ 12.40``."""
    value = micro_usd / 1e6
    text = "0" if not value else f"{value:,.2f}" if value >= 1 else f"{max(value, 0.0001):.4f}"
    marks = {",": str(get_format("THOUSAND_SEPARATOR")), ".": str(get_format("DECIMAL_SEPARATOR"))}
    return f"US$\N{NO-BREAK SPACE}{''.join(marks.get(sign, sign) for sign in text)}"


def rounded(figure: Figure) -> Figure:
    """The figure with its value cut to five significant digits, which is all a frame needs to carry."""
    value = figure["value"]
    return {**figure, "value": None if value is None else significant(value)}


def significant(value: float, digits_: int = 5) -> float:
    """Cut to significant digits; whole numbers lose their point."""
    short = float(f"{value:.{digits_}g}")
    return int(short) if short.is_integer() else short


def phrase(figure: Figure) -> str:
    """Value and unit in one string: ``1.24 s``, ``7%``, ``12.4/s``."""
    if figure["value"] is None:
        return NOTHING
    unit = figure["unit"]
    space = "" if not unit or unit[0] in "%/" else "\N{NO-BREAK SPACE}"
    return f"{figure['text']}{space}{unit}"


def target(figure: Figure) -> str:
    """A limit from the budgets without needless zeros: ``1 s``, ``80%``."""
    sign = get_format("DECIMAL_SEPARATOR")
    text = figure["text"]
    return phrase({**figure, "text": text.rstrip("0").rstrip(sign) if sign in text else text})


def change(value_pct: float | None) -> str:
    """A relative change with its sign: ``+12%``; a change past tenfold as a factor."""
    if value_pct is None:
        return ""
    if value_pct >= 900:
        return f"×{localize(digits(value_pct / 100 + 1))}" if value_pct < 99_900 else "×1000+"
    sign = "+" if value_pct > 0 else "−" if value_pct < 0 else ""
    return f"{sign}{abs(value_pct):.0f}%"


def digits(value: float) -> str:
    """About three digits, with a point."""
    size_ = abs(value)
    return f"{value:.{2 if size_ < 9.995 else 1 if size_ < 99.95 else 0}f}"


def localize(text: str) -> str:
    """Put the active language's decimal sign in the place of the point."""
    return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))


def _figure(value: float | None, shown: float | None, unit: str) -> Figure:
    if value is None or shown is None:
        return _nothing()
    return Figure(value=value, text="0" if shown == 0 else localize(digits(shown)), unit=unit)


def _nothing() -> Figure:
    return Figure(value=None, text=NOTHING, unit="")
