"""Why requests of a load test failed, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from perfmon.loadtest.generator import protocol

#: By the word the generator has for each.
REASONS = {
    protocol.TIMED_OUT: _("timed out"),
    protocol.REFUSED: _("connection refused"),
    protocol.UNREACHABLE: _("unreachable"),
    protocol.UNTRUSTED: _("certificate not trusted"),
    protocol.RESET: _("connection reset"),
    protocol.CUT: _("cut off"),
    protocol.GARBLED: _("answer garbled"),
    protocol.NOT_SENT: _("not sent"),
    protocol.BROKEN: _("generator failed"),
}


def reason_text(reason: str) -> str:
    """Return a reason in words; a status, or what is unknown here, is shown as it is."""
    return str(REASONS.get(reason, reason))
