"""What can go wrong before or while the stack runs; every message says what to do about it."""

from __future__ import annotations


class StackError(Exception):
    """The stack can't start or go on; the message is for the person at the terminal."""


class MissingPartError(StackError):
    """A bundled program is not installed."""


class PortBusyError(StackError):
    """Somebody else listens on a port we were told to use."""


class NotReadyError(StackError):
    """A process ended, or did not answer in time, before it was ready."""
