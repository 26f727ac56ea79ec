"""Two states of an article side by side: what each is called, and what became of its text and of its fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.content import Content
from articles.diffs import DiffBlock, Kind, Run, folded, word_counts, word_diff, word_runs
from articles.enums import Language, Origin
from articles.models import Article, Revision
from articles.selectors import revisions as selectors

LIVE, NOW = "live", "now"
_TEXTS: dict[str, str | Promise] = {
    "title": gettext_lazy("Title"),
    "slug": gettext_lazy("Address"),
    "excerpt": gettext_lazy("Excerpt"),
    "seo_title": gettext_lazy("Search title"),
    "seo_description": gettext_lazy("Search description"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two states: a revision, what readers see, or what is being written."""

    key: str
    label: str
    content: Content
    by: str = ""
    at: datetime | None = None
    revision_id: int | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What became of one field."""

    label: str | Promise
    runs: list[Run]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the whole content."""

    blocks: list[DiffBlock]
    fields: list[FieldChange]
    words_removed: int
    words_added: int

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.fields and all(block.kind is Kind.SAME for block in self.blocks)


def side_of(article: Article, key: str) -> Side:
    """Return the state that an address names: ``live``, ``now`` or a revision's id; raises Http404."""
    if key == LIVE:
        label = _("What readers see") if article.is_public else _("Article")
        return Side(LIVE, label, article.content(), at=article.live_updated_at)
    if key == NOW:
        return Side(NOW, _("What is being written"), article.working(), at=article.updated_at)
    try:
        if not (key.isascii() and key.isdigit() and len(key) < 19):
            raise Revision.DoesNotExist
        revision = selectors.revision_get(article_id=article.pk, revision_id=int(key))
    except Revision.DoesNotExist:
        raise Http404(_("There is no such revision of this article.")) from None
    actor = revision.created_by
    by = (actor.get_full_name() or actor.get_username()) if actor else ""
    label = revision.name or _("Version %(number)d") % {"number": revision.version}
    return Side(key, label, revision.written, by=by, at=revision.created_at, revision_id=revision.pk)


def compare(before: Content, after: Content) -> Comparison:
    """Return what changed between two contents; one query for each kind of name that has to be looked up."""
    blocks = word_diff(before.body, after.body)
    removed, added = word_counts(blocks)
    return Comparison(list(folded(blocks)), list(_field_changes(before, after)), removed, added)


def _field_changes(before: Content, after: Content) -> list[FieldChange]:
    categories, covers = selectors.names_of(before, after)
    changes = [
        FieldChange(label, word_runs(getattr(before, name), getattr(after, name)))
        for name, label in _TEXTS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    swapped = (
        (_("Language"), _named(Language, before.language), _named(Language, after.language)),
        (_("Category"), categories.get(before.category_id or 0, ""), categories.get(after.category_id or 0, "")),
        (_("Cover image"), covers.get(before.cover_id or 0, ""), covers.get(after.cover_id or 0, "")),
        (_("Origin"), _named(Origin, before.origin), _named(Origin, after.origin)),
    )
    changes += [FieldChange(label, _swap(was, became)) for label, was, became in swapped if was != became]
    if frozenset(before.tags) != frozenset(after.tags):
        changes.append(FieldChange(_("Tags"), _tag_runs(before.tags, after.tags), is_list=True))
    return changes


def _named(kind: type[TextChoices], value: str) -> str:
    return str(kind(value).label) if value in kind.values else value


def _swap(was: str, became: str) -> list[Run]:
    return [run for run in (Run(Kind.REMOVED, was), Run(Kind.ADDED, became)) if run.text]


def _tag_runs(before: tuple[str, ...], after: tuple[str, ...]) -> list[Run]:
    kept = set(before) & set(after)
    kinds = dict.fromkeys(before, Kind.REMOVED) | dict.fromkeys(after, Kind.ADDED) | dict.fromkeys(kept, Kind.SAME)
    return [Run(kinds[tag], tag) for tag in sorted(kinds, key=str.casefold)]
