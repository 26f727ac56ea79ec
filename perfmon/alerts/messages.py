"""Alerts in words: one plain sentence per rule, figure and limit at a sensible precision, in the reader's language."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

RULE_LABELS = {
    "high_response_time": gettext_lazy("Slow responses"),
    "high_error_rate": gettext_lazy("Failing requests"),
    "high_cpu": gettext_lazy("High CPU use"),
    "high_memory": gettext_lazy("High memory use"),
    "cache_errors": gettext_lazy("Failing cache"),
    "high_pool_wait": gettext_lazy("Waits for a database connection"),
    "high_queue_wait": gettext_lazy("Waits in a queue of tasks"),
    "slow_first_token": gettext_lazy("Slow first words of a language model"),
    "slow_answers": gettext_lazy("Slow answers of a language model"),
}
_SENTENCES = {
    "high_response_time": gettext_lazy(
        "One request in 20 took %(value)s or longer in the last %(window)s s; the limit is %(limit)s."
    ),
    "high_error_rate": gettext_lazy("%(value)s of requests failed in the last %(window)s s; the limit is %(limit)s."),
    "high_cpu": gettext_lazy("CPU of %(scope)s was %(value)s busy over the last %(window)s s; the limit is %(limit)s."),
    "high_memory": gettext_lazy(
        "Memory of %(scope)s was %(value)s full over the last %(window)s s; the limit is %(limit)s."
    ),
    "cache_errors": gettext_lazy(
        "Failed calls of the cache %(scope)s in the last %(window)s s: %(value)s; the limit is %(limit)s."
    ),
    "high_pool_wait": gettext_lazy(
        "One connection in 20 to the database %(scope)s was waited for %(value)s or longer in the last %(window)s s; "
        "the limit is %(limit)s."
    ),
    "high_queue_wait": gettext_lazy(
        "One task in 20 in the queue %(scope)s waited %(value)s or longer in the last %(window)s s, or none was taken "
        "from it; the limit is %(limit)s."
    ),
    "slow_first_token": gettext_lazy(
        "One call in 20 of the provider %(scope)s waited %(value)s or longer for its first token in the last "
        "%(window)s s; the limit is %(limit)s."
    ),
    "slow_answers": gettext_lazy(
        "One call in 20 of the provider %(scope)s took %(value)s or longer in the last %(window)s s; "
        "the limit is %(limit)s."
    ),
}
_OTHER = gettext_lazy("%(rule)s: %(value)s over the last %(window)s s; the limit is %(limit)s.")


def rule_label(rule: str) -> str:
    """The rule's name in words; a rule of another version keeps its own name."""
    return str(RULE_LABELS.get(rule, rule))


def sentence(rule: str, *, scope: str, value: float, limit: float, unit: str, window_s: int) -> str:
    """One sentence about a figure past its limit; ``value`` and ``limit`` in ``unit`` ("ms", "%" or "")."""
    return str(_SENTENCES.get(rule, _OTHER)) % {
        "rule": rule_label(rule),
        "scope": scope or _("all hosts"),
        "value": figure(value, unit),
        "limit": figure(limit, unit),
        "window": number_format(window_s),
    }


def held_note(value: float, unit: str) -> str:
    """What is said after the sentence while an alert is held: the figure has fallen, and the end is near."""
    return str(_("It is %(value)s now; the alert ends if it stays there.")) % {"value": figure(value, unit)}


def figure(value: float, unit: str) -> str:
    """A figure with its unit and about three digits: "873 ms", "2.41 s", "7%", "0.52%", "12"."""
    if unit == "ms" and value >= 1000:
        return f"{_short(value / 1000)} s"
    return f"{_short(value)}%" if unit == "%" else f"{_short(value)} {unit}".rstrip()


def _short(value: float) -> str:
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:.{decimals}f}"
    trimmed = text.rstrip("0").rstrip(".") if "." in text else text
    return number_format(trimmed, use_l10n=True)
