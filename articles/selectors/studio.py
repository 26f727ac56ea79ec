"""What the studio's lists read of articles: no list loads a text, no count runs over a whole table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from articles.access import REVIEW
from articles.cursors import decode_cursor, encode_cursor
from articles.enums import Action, Language, Status
from articles.models import Article, AuditEntry, Draft
from articles.querysets import ArticleQuerySet
from articles.selectors.desk import MIN_PART_CHARS, articles_find

#: Counts stop here: "1000+" says enough, and a count of a large site's articles takes long.
MOST_COUNTED = 1000
#: The review queue shows so many; the rest comes up as these are done.
QUEUE_ROWS = 100
#: Of each kind of event; the calendar of a busier month says that it is cut.
CALENDAR_ROWS = 300


class WorkRow(NamedTuple):
    """An article in a list of the studio."""

    id: int
    title: str
    slug: str
    language: str
    status: str
    words: int
    version: int
    author_id: int
    author__first_name: str
    author__last_name: str
    author__username: str
    publish_at: datetime | None
    approved_at: datetime | None
    updated_at: datetime
    draft__pk: int | None
    draft__in_review: bool | None

    @property
    def author(self) -> str:
        """How the studio calls the author: by the full name, or by the login."""
        return f"{self.author__first_name} {self.author__last_name}".strip() or self.author__username

    @property
    def has_changes(self) -> bool:
        """Whether the live text differs from the one being written."""
        return self.draft__pk is not None

    @property
    def stage(self) -> Status:
        """The status."""
        return Status(self.status)


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which articles a list shows."""

    author_id: int | None = None
    status: Status | None = None
    language: Language | None = None
    title: str = ""

    def apply(self, articles: ArticleQuerySet) -> ArticleQuerySet:
        """Keep the articles that pass; words of the title that an index can find are looked for there."""
        wanted = {"author_id": self.author_id, "status": self.status, "language": self.language}
        articles = articles.filter(**{name: value for name, value in wanted.items() if value is not None})
        if any(len(word) >= MIN_PART_CHARS for word in self.title.split()):
            return articles_find(articles, self.title)
        return articles.filter(title__icontains=self.title) if self.title else articles


@dataclass(frozen=True, slots=True)
class WorkPage:
    """Articles, last changed first, with the cursors of the pages beside it; None where there is none."""

    rows: list[WorkRow]
    newer: str | None
    older: str | None


def work_list(*, chosen: WorkFilter, limit: int, before: str | None = None, after: str | None = None) -> WorkPage:
    """Return a page of articles: the last changed, or those changed before or after a cursor; raises CursorError."""
    articles = chosen.apply(Article.objects.all())
    if after is not None:
        moment, pk = decode_cursor(after)
        articles = articles.filter(Q(updated_at__gte=moment), Q(updated_at__gt=moment) | Q(id__gt=pk))
        found = _rows(articles.order_by("updated_at", "id"), limit)
        return _page(found[:limit][::-1], newer=len(found) > limit, older=True)
    if before is not None:
        moment, pk = decode_cursor(before)
        articles = articles.filter(Q(updated_at__lte=moment), Q(updated_at__lt=moment) | Q(id__lt=pk))
    found = _rows(articles.order_by("-updated_at", "-id"), limit)
    return _page(found[:limit], newer=before is not None, older=len(found) > limit)


def work_counts(*, chosen: WorkFilter) -> dict[Status, int]:
    """Return how many articles of each status the filter has, each up to one more than MOST_COUNTED; one query."""
    parts = {f"count_{status}": replace(chosen, status=status).apply(Article.objects.all()) for status in Status}
    return dict(zip(Status, _counted(parts), strict=True))


def queue_count(*, account: Any) -> int | None:
    """Return how many texts wait for this account's review, as far as is counted; None for who reviews nothing."""
    if not account.has_perm(REVIEW):
        return None
    articles = Article.objects.filter(status=Status.REVIEW, approved_at=None)
    changed = Article.objects.filter(pk=OuterRef("pk"), approved_at=None)
    if not account.is_superuser:
        articles, changed = articles.exclude(author_id=account.pk), changed.exclude(author_id=account.pk)
    # From the few drafts to their articles: of a join SQLite reads the hundred thousand published ones first.
    changes = Draft.objects.filter(Exists(changed), in_review=True)
    return sum(_counted({"count_articles": articles, "count_changes": changes}))


class QueueRow(NamedTuple):
    """A text in review: who asked for it, and when."""

    article: WorkRow
    submitted_by: str
    submitted_at: datetime


def queue_list() -> list[QueueRow]:
    """Return what is in review, the longest waiting first: articles and changes to published ones; three queries."""
    submitted = AuditEntry.objects.filter(article=OuterRef("pk"), action=Action.SUBMIT).order_by("-id")
    rows: list[tuple[Any, ...]] = []
    # One each, with an index of its own; with OR between them neither would be used.
    for waiting in (Q(status=Status.REVIEW), Q(status=Status.PUBLISHED, draft__in_review=True)):
        found = Article.objects.filter(waiting).annotate(asked=Subquery(submitted.values("pk")[:1]))
        rows += found.order_by("asked", "id").values_list("asked", *WorkRow._fields)[:QUEUE_ROWS]
    entries = AuditEntry.objects.filter(pk__in=[row[0] for row in rows]).select_related("actor")
    asked = {entry.pk: entry for entry in entries}
    queue = [_queue_row(WorkRow(*row[1:]), asked.get(row[0])) for row in rows]
    return sorted(queue, key=lambda row: (row.submitted_at, row.article.id))[:QUEUE_ROWS]


def article_of_studio(*, article_id: int) -> Article:
    """Return an article of any status with its author and its draft; raises Article.DoesNotExist."""
    return Article.objects.select_related("author", "draft", "approved_by").get(pk=article_id)


class CalendarRow(NamedTuple):
    """An article with what will happen to it, or has."""

    id: int
    title: str
    status: str
    author_id: int
    publish_at: datetime | None
    unpublish_at: datetime | None
    published_at: datetime | None


class CalendarPage(NamedTuple):
    """What happens in a span of time; ``is_cut`` says that there is more than fits."""

    rows: list[CalendarRow]
    is_cut: bool


def calendar_list(*, start: datetime, end: datetime) -> CalendarPage:
    """Return what goes out, comes off or was published from ``start`` until before ``end``; four queries."""
    asked = (
        (Q(status=Status.SCHEDULED, publish_at__gte=start, publish_at__lt=end), "publish_at"),
        (Q(status=Status.PUBLISHED, unpublish_at__gte=start, unpublish_at__lt=end), "unpublish_at"),
        # Of one that is not out yet the end may be in this month and the beginning in another.
        (Q(status=Status.SCHEDULED, unpublish_at__gte=start, unpublish_at__lt=end), "publish_at"),
        (Q(status=Status.PUBLISHED, published_at__gte=start, published_at__lt=end), "-published_at"),
    )
    found: dict[int, CalendarRow] = {}
    is_cut = False
    for part, order in asked:
        rows = list(Article.objects.filter(part).order_by(order).values_list(*CalendarRow._fields)[: CALENDAR_ROWS + 1])
        is_cut |= len(rows) > CALENDAR_ROWS
        found.update((row[0], CalendarRow(*row)) for row in rows[:CALENDAR_ROWS])
    return CalendarPage(list(found.values()), is_cut)


def _queue_row(article: WorkRow, asked: AuditEntry | None) -> QueueRow:
    if asked is None:  # came in by an import, which takes no step
        return QueueRow(article, article.author, article.updated_at)
    actor = asked.actor
    return QueueRow(article, actor.get_full_name() or actor.get_username() if actor else "", asked.at)


class _Count(Subquery):
    """The number of rows of a query, counted no further than one above MOST_COUNTED."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values(one=Value(1))[: MOST_COUNTED + 1])


def _counted(parts: Mapping[str, QuerySet[Any]]) -> list[int]:
    """Return the number of rows of each, in one query; any article's row carries the answer."""
    counts: dict[str, Any] = {name: _Count(rows) for name, rows in parts.items()}
    row = Article.objects.annotate(**counts).values_list(*counts).order_by("pk").first()
    return list(row) if row else [0] * len(parts)


def _rows(articles: ArticleQuerySet, limit: int) -> list[WorkRow]:
    # One more than the page holds says whether there is another page, without a count.
    return [WorkRow(*row) for row in articles.values_list(*WorkRow._fields)[: limit + 1]]


def _page(rows: list[WorkRow], *, newer: bool, older: bool) -> WorkPage:
    def cursor(row: WorkRow) -> str:
        return encode_cursor((row.updated_at, row.id))

    return WorkPage(
        rows=rows, newer=cursor(rows[0]) if rows and newer else None, older=cursor(rows[-1]) if rows and older else None
    )
