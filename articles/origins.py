"""Who wrote a text, as its label may change when it is saved: what a machine had a part in stays marked. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from articles.content import Content
from articles.enums import Origin, RevisionKind


def with_machine_text(content: Content) -> Content:
    """Return it labelled for text of a machine that a person took into it."""
    return replace(content, origin=Origin.ASSISTED.value) if content.origin == Origin.HUMAN else content


def origin_after(before: Content, after: Content, *, kind: RevisionKind, machine_wrote: Callable[[], bool]) -> str:
    """Return the label of ``after``, which is saved over ``before`` and asks for one.

    A revision comes back with the label it was kept with. Else an AI's text whose words a person changed is an assisted
    one (a file brings its label along, as it was changed elsewhere), and where ``machine_wrote``, which is asked only
    then, no label goes back to a person's alone.
    """
    if kind is RevisionKind.RESTORE:
        return after.origin
    is_still_ai = before.origin == after.origin == Origin.AI
    if is_still_ai and kind is not RevisionKind.IMPORT and before.body.split() != after.body.split():
        return Origin.ASSISTED.value
    is_lowered = before.origin != Origin.HUMAN and after.origin == Origin.HUMAN
    return Origin.ASSISTED.value if is_lowered and machine_wrote() else after.origin
