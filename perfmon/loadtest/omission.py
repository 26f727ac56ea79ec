"""Why an open and a closed test of the same server tell different things, said of what a run measured.

The effect is known as coordinated omission, after Gil Tene: who waits for each answer before the next question leaves
out, of every stall, all the questions that would have come meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.wording import note_text
from perfmon.panels import formats

#: Notes of a run that say what the model did to its figures.
CODES = frozenset({"open_waited", "open_counts_all", "closed_hides"})


def explanation(
    model: str, total: Mapping[str, Any], notes: Sequence[Mapping[str, Any]], profile_name: str
) -> list[str]:
    """Return paragraphs on the model of a run, fitting its figures; ``total`` is a line of them."""
    said = [note_text(note) for note in notes if note["code"] in CODES]
    if not said and total["count"]:
        said = [_of_open(total) if model == OPEN else _of_closed(total, profile_name)]
    return [_about(model), *said]


def _about(model: str) -> str:
    if model == OPEN:
        return _(
            "This was an open test: requests arrived at a rate that did not depend on the answers, as visitors do. "
            "Latency counts from the moment a request was due, so whoever had to wait for a stalled server is in it."
        )
    return _(
        "This was a closed test: a fixed number of users, each of whom waited for an answer before asking again. When "
        "the server slows down, they ask less, so a stall is seen once by each of them and by nobody else: stalls are "
        "underreported."
    )


def _of_open(total: Mapping[str, Any]) -> str:
    words = _(
        "From the moment they were due, 99 %% of requests took at most %(latency)s; from being sent, %(service)s. "
        "Nobody waited long in line and no stall stands out, so a closed test would have shown much the same."
    )
    return words % {"latency": _ms(total["latency"]["p99"]), "service": _ms(total["service"]["p99"])}


def _of_closed(total: Mapping[str, Any], profile_name: str) -> str:
    words = _(
        "Its p99 of %(p99)s is that of users who wait; its slowest answer took %(most)s. To measure what arriving "
        "visitors would see, run it with a rate of arrivals: %(command)s"
    )
    latency = total["latency"]
    command = f"manage.py loadtest --profile {profile_name} --model open"
    return words % {"p99": _ms(latency["p99"]), "most": _ms(latency["max"]), "command": command}


def _ms(value_ms: float | None) -> str:
    return formats.phrase(formats.duration(value_ms))
