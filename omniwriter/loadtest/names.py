"""What everything of a run is called, so that it is found again when nothing but the run's number is known."""

from __future__ import annotations

TERMS = ("technology", "business", "science", "health")


def group_of(run: int) -> str:
    """Return the group that holds the run's accounts, and nobody else."""
    return f"load-test-{run}"


def accounts_of(run: int) -> str:
    """Return what the names of the run's accounts begin with."""
    return f"load-{run}-"


def slug_of(run: int) -> str:
    """Return the slug of the run's category and of the one tag of its texts, and its endpoint's name."""
    return f"load-test-{run}"


def title_of(run: int) -> str:
    """Return the name of the run's category."""
    return f"Load test {run}"
