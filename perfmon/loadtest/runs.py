"""Runs as rows: queued, claimed by one conductor, stopped, named, removed; and the runs there are."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from perfmon.conf import get_config
from perfmon.exceptions import LoadTestError
from perfmon.loadtest import machines
from perfmon.loadtest.models import MAX_NAME_CHARS, OPEN_STATUSES, LoadRun, RunStatus
from perfmon.loadtest.profiles import Profile

SILENT_FOR = timedelta(seconds=15)  # without a sign of life a run's process is dead
QUEUED_FOR = timedelta(seconds=60)  # longer, and no collector will start it
MOST_LISTED = 500


class Progress(NamedTuple):
    """How far a run is; a search does not know how long it takes."""

    elapsed_s: float
    duration_s: float | None
    pct: float | None


def run_queue(*, profile: Profile, host: str, user: AbstractBaseUser | None, scenario: str = "") -> LoadRun:
    """Store a run for a collector to start; raises LoadTestError while another is open or for a strange host."""
    allowed = (get_config().loadtest_host, *get_config().loadtest_hosts)
    if host not in allowed:
        raise LoadTestError(_("Load tests may be sent to %(hosts)s only.") % {"hosts": ", ".join(allowed)})
    runs_bury()
    open_run = run_open()
    if open_run is not None:
        raise LoadTestError(
            _("Another load test is on (%(run)s). Wait for its end, or stop it.") % {"run": open_run.pk}
        )
    return run_create(profile=profile, host=host, user=user, scenario=scenario)


def run_create(
    *, profile: Profile, host: str, user: Any = None, scenario: str = "", status: RunStatus = RunStatus.QUEUED
) -> LoadRun:
    """Store a run."""
    begins = {"started_at": timezone.now(), "beat_at": timezone.now()} if status == RunStatus.RUNNING else {}
    return LoadRun.objects.create(  # type: ignore[no-any-return]
        profile_name=profile.name, model=profile.model, host=host, scenario=scenario or profile.scenario, status=status,
        profile=profile.to_json(), release=get_config().release[:100], machine=machines.fingerprint(), created_by=user,
        **begins,
    )  # fmt: skip


def run_begin(*, profile: Profile, host: str, scenario: str = "") -> LoadRun:
    """Store a run that this process conducts; raises LoadTestError while another is running."""
    with _alone():
        return run_create(profile=profile, host=host, scenario=scenario, status=RunStatus.RUNNING)


def run_claim(*, run_id: int) -> LoadRun:
    """Make a queued run this process's; raises LoadTestError when it is no longer queued, or another is running."""
    now = timezone.now()
    with _alone():
        claimed = LoadRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
            status=RunStatus.RUNNING, started_at=now, beat_at=now
        )
    if not claimed:
        raise LoadTestError(f"Load test {run_id} is not waiting to start.")
    return LoadRun.objects.get(pk=run_id)  # type: ignore[no-any-return]


@contextmanager
def _alone() -> Iterator[None]:
    """Let a run become the one that is running; the database sees to it that it is one."""
    runs_bury()
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        running = run_open()
        raise LoadTestError(
            f"Another load test is running (number {running.pk if running else '?'}): two would measure one another. "
            "Wait for its end, or stop it with: manage.py loadtest --stop"
        ) from None


def run_beat(*, run_id: int) -> bool:
    """Give a sign of life, and tell whether the run may go on: nobody asked it to stop, nobody took it for dead."""
    running = LoadRun.objects.filter(pk=run_id, status=RunStatus.RUNNING)
    return bool(running.update(beat_at=timezone.now())) and not running.filter(stop_asked=True).exists()


def run_note_start(*, run_id: int, start: int, names: list[str]) -> None:
    """Store when the first request was due (Unix s) and what the actions are called: for those who watch."""
    LoadRun.objects.filter(pk=run_id).update(summary={"start": start, "names": names})


def run_end(*, run_id: int, status: RunStatus, **found: Any) -> None:
    """Store what a run came to."""
    LoadRun.objects.filter(pk=run_id).update(status=status, ended_at=timezone.now(), **found)


def run_lost(*, run_id: int, note: Mapping[str, Any]) -> bool:
    """Call a run broken whose process is gone, with a note that says why, unless that has stored how it ended."""
    open_run = LoadRun.objects.filter(pk=run_id, status__in=OPEN_STATUSES)
    return bool(open_run.update(status=RunStatus.BROKEN, ended_at=timezone.now(), notes=[dict(note)]))


def run_stop(*, run_id: int) -> bool:
    """Ask a run to stop, which takes a second and keeps its figures; a queued one ends at once. False: it is over."""
    if LoadRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
        status=RunStatus.STOPPED, ended_at=timezone.now(), stop_asked=True
    ):
        return True
    return bool(LoadRun.objects.filter(pk=run_id, status=RunStatus.RUNNING).update(stop_asked=True))


def run_remove(*, run_id: int) -> None:
    """Delete a run that is over; raises LoadTestError while it is not."""
    run = LoadRun.objects.filter(pk=run_id).first()
    if run is not None and run.status in OPEN_STATUSES:
        raise LoadTestError(_("Load test %(run)s is not over. Stop it first.") % {"run": run_id})
    LoadRun.objects.filter(pk=run_id).delete()


def run_name_baseline(*, run_id: int, name: str) -> LoadRun:
    """Give a finished run a name to compare with; a run that had the name loses it. An empty name takes it away."""
    name = checked_name(name)
    run: LoadRun = LoadRun.objects.get(pk=run_id)
    if name and run.status not in (RunStatus.PASSED, RunStatus.FAILED):
        raise LoadTestError(_("Only a run that came to its end can be a baseline."))
    with transaction.atomic():
        LoadRun.objects.filter(baseline=name or None).exclude(baseline=None).update(baseline=None)
        run.baseline = name or None
        run.save(update_fields=["baseline"])
    return run


def checked_name(name: str) -> str:
    """Return a baseline's name without blanks around it; raises LoadTestError when it can't be one."""
    name = name.strip()
    if len(name) > MAX_NAME_CHARS or not name.isprintable() or "/" in name:
        raise LoadTestError(
            _("A baseline's name has at most %(most)s printable characters and no slash.") % {"most": MAX_NAME_CHARS}
        )
    return name


def run_open() -> LoadRun | None:
    """Return the run that is on, or the next that waits."""
    return LoadRun.objects.filter(status__in=OPEN_STATUSES).order_by("-status", "pk").first()


def runs_list(limit: int = 50) -> QuerySet[LoadRun]:
    """Return the newest runs without their series."""
    return LoadRun.objects.defer("series", "rounds")[: min(limit, MOST_LISTED)]


def runs_between(since: datetime, until: datetime) -> QuerySet[LoadRun]:
    """Return the runs that were on in a stretch of time, for the markers on its axis; at most fifty."""
    begun = LoadRun.objects.filter(started_at__lt=until).filter(Q(ended_at=None) | Q(ended_at__gt=since))
    return begun.only("pk", "profile_name", "status", "started_at", "ended_at").order_by("started_at")[:50]


def runs_bury() -> list[int]:
    """Call broken what gives no sign of life any more, and what no collector started; return their numbers."""
    now = timezone.now()
    silent = Q(status=RunStatus.RUNNING, beat_at__lt=now - SILENT_FOR)
    forgotten = Q(status=RunStatus.QUEUED, created_at__lt=now - QUEUED_FOR)
    buried = []
    for query, note in ((silent, {"code": "died"}), (forgotten, {"code": "not_started"})):
        numbers = list(LoadRun.objects.filter(query).values_list("pk", flat=True))
        LoadRun.objects.filter(query, pk__in=numbers).update(status=RunStatus.BROKEN, ended_at=now, notes=[note])
        buried += numbers
    return buried


def progress_of(run: LoadRun) -> Progress:
    """Return how far a run is."""
    if run.started_at is None:
        return Progress(0.0, Profile.from_json(run.profile).duration_s or None, 0.0)
    elapsed_s = ((run.ended_at or timezone.now()) - run.started_at).total_seconds()
    duration_s = Profile.from_json(run.profile).duration_s or None
    return Progress(elapsed_s, duration_s, min(100.0, 100 * elapsed_s / duration_s) if duration_s else None)


def check_host(host: str, allowed: Iterable[str] = ()) -> str:
    """Return an address without a slash at its end; raises LoadTestError unless it is this machine, or allowed."""
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise LoadTestError(f"--host {host!r} is no address of a site. Write it like http://127.0.0.1:8000")
    if parts.hostname not in allowed and not _is_loopback(parts.hostname):
        raise LoadTestError(
            f"{parts.hostname} is not this machine. A load test can take a server down; "
            f"if it is yours to test, say so: --allow-host {parts.hostname}"
        )
    return host.rstrip("/")


def _is_loopback(name: str) -> bool:
    try:
        found = socket.getaddrinfo(name, None)
    except OSError as error:
        raise LoadTestError(f"There is no host {name}: {error.strerror}.") from error
    return all(ipaddress.ip_address(address[4][0]).is_loopback for address in found)


def run_json(run: LoadRun) -> dict[str, Any]:
    """Return a run for programs: every figure it has, times in ISO 8601."""
    names = (
        "profile_name", "model", "host", "scenario", "status", "release", "baseline", "profile", "machine", "summary",
        "verdicts", "notes", "series", "rounds",
    )  # fmt: skip
    times = {name: getattr(run, name) for name in ("created_at", "started_at", "ended_at")}
    iso = {name: at.isoformat(timespec="milliseconds") if at else None for name, at in times.items()}
    return {"id": run.pk, **iso, **{name: getattr(run, name) for name in names}}
