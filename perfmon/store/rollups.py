"""Rollups: closed minutes as rows, hours and days as the sum of their minutes. The only writer of windows in SQL.

Writing a minute replaces it, so the collector may write it as often as windows keep coming late. A minute written for
the first time is added to its hour; when one is written again, the hours of the series that changed are summed anew
from their minutes, because a maximum can't be taken out of a sum. Days are summed once they are over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from django.db import IntegrityError, connections, router, transaction
from django.db.models import Exists, Max, Min, OuterRef

from perfmon.conf import get_budgets
from perfmon.models import DayRollup, HourRollup, MinuteRollup, Rollup, SeriesName
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store import partitions
from perfmon.store.ranges import DAY, HOUR
from perfmon.store.sums import sum_rows

UPSERT_ROWS = 500  # a statement; Django gives SQLite at most 999 parameters, which are 142 rows of seven
PRUNE_ROWS = 2_000  # a statement, so that no lock is held for long
PRUNE_STATEMENTS = 20  # a call
KNOWN_NAMES = 10_000
DAY_GRACE_S = 3600  # after a day's end before it is summed; what comes later still takes it away
DAYS_READ = 181  # the longest range and the one before it
DAYS_A_CALL = 10
FIGURES = ("count", "errors", "sum", "max", "histogram")
NOT_KEPT = frozenset({"process", "socket", "worker"})  # their keys are single processes, gone with the next deploy

_ids: dict[SeriesKey, int] = {}
_newest: dict[str, int] = {}  # by alias, where to begin to look for the newest minute


def write_minute(start: int, windows: Windows) -> None:
    """Replace one minute's rows (``start``: Unix s on its grid) and bring its hour up to date, or do nothing."""
    kept = {_bounded(series): window for series, window in windows.items() if series.kind not in NOT_KEPT}
    try:
        _write(start, kept)
    except IntegrityError:
        # Another collector led meanwhile and pruned a name that this process still had the number of, or a partition.
        _ids.clear()
        partitions.forget()
        _write(start, kept)


def _write(start: int, kept: Windows) -> None:
    # Every statement names the database: what a lagging replica says must not decide whether a minute is new.
    using = router.db_for_write(MinuteRollup)
    ids = series_ids(kept)
    by_id = {ids[series]: window for series, window in kept.items()}
    hour = start // HOUR * HOUR
    partitions.make_sure(using, MinuteRollup, start)
    partitions.make_sure(using, HourRollup, hour)
    with transaction.atomic(using=using):
        _lock(using, by_id)
        minute = MinuteRollup.objects.using(using).filter(start=start)
        before = _windows(minute)
        changed = {pk: window for pk, window in by_id.items() if before.get(pk) != window}
        gone = before.keys() - by_id.keys()
        if gone:
            minute.filter(series__in=gone).delete()
        _upsert(using, MinuteRollup, start, changed)
        hours = _summed(using, hour, changed.keys() | gone) if before else _added(using, hour, by_id)
        _upsert(using, HourRollup, hour, hours)
        if changed or gone:
            DayRollup.objects.using(using).filter(start=start // DAY * DAY).delete()


def write_days(now: float) -> int:
    """Sum the hours of days that are over and not written, the newest first; returns how many days were written.

    A call writes ``DAYS_A_CALL`` at most. Days that no range reaches are left out.
    """
    using = router.db_for_write(DayRollup)
    oldest: int | None = HourRollup.objects.using(using).aggregate(oldest=Min("start"))["oldest"]
    if oldest is None:
        return 0
    today = (int(now) - DAY_GRACE_S) // DAY * DAY
    since = max(oldest // DAY * DAY, today - DAYS_READ * DAY)
    found = DayRollup.objects.using(using).filter(start__gte=since).values_list("start", flat=True).distinct()
    missing = sorted(set(range(since, today, DAY)) - set(found), reverse=True)
    written = 0
    for day in missing:
        written += _write_day(using, day)
        if written == DAYS_A_CALL:
            break
    return written


def _write_day(using: str, day: int) -> bool:
    hours = HourRollup.objects.using(using).filter(start__gte=day, start__lt=day + DAY)
    partitions.make_sure(using, DayRollup, day)
    with transaction.atomic(using=using):
        _lock(using, hours.values_list("series_id", flat=True).distinct())
        windows = _windows(hours)
        _upsert(using, DayRollup, day, windows)
    return bool(windows)


def last_minute(using: str | None = None) -> int | None:
    """Return the start of the newest minute written, or None. Minutes are written oldest first.

    ``using`` names the database to ask, the one that is written to unless given.
    """
    asked = using or router.db_for_write(MinuteRollup)
    minutes = MinuteRollup.objects.using(asked)
    # Planned over the newest partitions: over all of ninety that alone takes ten times as long.
    recent = minutes.filter(start__gte=_newest.get(asked, 0) - DAY)
    newest: int | None = recent.aggregate(newest=Max("start"))["newest"]
    if newest is None:
        newest = minutes.aggregate(newest=Max("start"))["newest"]
    if newest is not None:
        _newest[asked] = newest
    return newest


def prune(now: float) -> int:
    """Remove what is past its retention, and names nothing refers to; returns how much went, boundedly much a call.

    Where the tables are partitioned whole partitions are dropped, elsewhere rows are deleted in batches.
    """
    using, budgets = router.db_for_write(MinuteRollup), get_budgets()
    hours_before = int(now) - budgets.keep_hour_days * DAY
    before: dict[type[Rollup], int] = {
        MinuteRollup: int(now) - budgets.keep_minute_days * DAY,
        HourRollup: hours_before,
        DayRollup: hours_before,
    }
    if partitions.is_partitioned(using):
        gone = partitions.drop_old(using, before)
    else:
        gone = sum(_prune(using, model, time) for model, time in before.items())
    if gone:
        _ids.clear()
        _prune_names(using)
    return gone


def series_ids(names: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
    """Return the number of each series, giving one to those seen for the first time."""
    wanted = list(names)
    missing = [name for name in wanted if name not in _ids]
    if missing:
        if len(_ids) + len(missing) > KNOWN_NAMES:
            _ids.clear()
            missing = wanted
        table = SeriesName.objects.using(router.db_for_write(SeriesName))
        table.bulk_create(
            [SeriesName(kind=kind, key=key) for kind, key in missing], ignore_conflicts=True, batch_size=UPSERT_ROWS
        )
        kinds = {kind for kind, _ in missing}
        keys = [key for _, key in missing]
        for at in range(0, len(keys), UPSERT_ROWS):
            rows = table.filter(kind__in=kinds, key__in=keys[at : at + UPSERT_ROWS])
            _ids.update((SeriesKey(kind, key), pk) for pk, kind, key in rows.values_list("pk", "kind", "key"))
    return {name: _ids[name] for name in wanted}


def _bounded(series: SeriesKey) -> SeriesKey:
    return SeriesKey(series.kind[:32], series.key[:255])


def _lock(using: str, pks: Iterable[int]) -> None:
    """Make two collectors that write one minute (the old leader's last, the new one's first) do so one after the other.

    Without it both could find the minute new and add it to the hour. SQLite has one writer at a time anyway.
    """
    if connections[using].features.has_select_for_update:
        names = SeriesName.objects.using(using).filter(pk__in=pks).order_by("pk")
        list(names.select_for_update(no_key=True).values_list("pk", flat=True))


def _upsert(using: str, model: type[Rollup], start: int, by_id: Mapping[int, Window]) -> None:
    rows = [
        model(series_id=pk, start=start, **dict(zip(FIGURES, window.to_row(), strict=True)))
        for pk, window in by_id.items()
    ]
    model.objects.using(using).bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["series", "start"],
        update_fields=FIGURES,
        batch_size=UPSERT_ROWS,
    )


def _added(using: str, hour: int, by_id: Mapping[int, Window]) -> dict[int, Window]:
    """Return the hour's windows with one new minute in them; series without a part in the minute stay as they are."""
    held = _windows(HourRollup.objects.using(using).filter(start=hour, series__in=by_id))
    for pk, window in by_id.items():
        held.setdefault(pk, Window()).merge(window)
    return held


def _summed(using: str, hour: int, pks: Set[int]) -> dict[int, Window]:
    """Return the hour's windows of some series, from their minutes; those that have none left lose their hour."""
    minutes = MinuteRollup.objects.using(using).filter(start__gte=hour, start__lt=hour + HOUR, series__in=pks)
    windows = _windows(minutes)
    gone = pks - windows.keys()
    if gone:
        HourRollup.objects.using(using).filter(start=hour, series__in=gone).delete()
    return windows


def _windows(rows: Any) -> dict[int, Window]:
    return sum_rows((pk, figures) for pk, *figures in rows.values_list("series_id", *FIGURES).iterator())


def _prune(using: str, model: type[Rollup], before: int) -> int:
    rows, deleted = model.objects.using(using), 0
    for _ in range(PRUNE_STATEMENTS):
        old = list(rows.filter(start__lt=before).order_by("start").values_list("pk", flat=True)[:PRUNE_ROWS])
        if not old:
            break
        deleted += rows.filter(pk__in=old).delete()[0]
    return deleted


def _prune_names(using: str) -> None:
    of_name = {"series": OuterRef("pk")}
    names = SeriesName.objects.using(using)
    unused = names.exclude(Exists(MinuteRollup.objects.filter(**of_name)))
    unused = unused.exclude(Exists(HourRollup.objects.filter(**of_name)))
    names.filter(pk__in=list(unused.values_list("pk", flat=True)[:PRUNE_ROWS])).delete()
