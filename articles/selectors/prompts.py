"""What is read of prompt templates: with their newest version, how often each was used, and how it was rated."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from articles.models import GenerationJob, PromptTemplate, PromptVersion

_TESTS = Q(jobs__kind="test")


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with what came of it; tests are not counted as uses."""

    version: PromptVersion
    uses: int
    good: int
    bad: int


def prompt_list(*, is_archived: bool = False) -> QuerySet[PromptTemplate]:
    """Return the templates by name, with ``number`` of the newest version, ``uses``, ``good`` and ``bad`` ratings."""
    newest = PromptVersion.objects.filter(template=OuterRef("pk")).order_by("-number").values("number")[:1]
    jobs = GenerationJob.objects.filter(prompt_version__template=OuterRef("pk")).exclude(kind="test").order_by()
    return PromptTemplate.objects.filter(is_archived=is_archived).annotate(
        number=Subquery(newest),
        uses=_counted(jobs),
        good=_counted(jobs.filter(rating__gt=0)),
        bad=_counted(jobs.filter(rating__lt=0)),
    )


def version_list(*, template_id: int) -> list[VersionRow]:
    """Return the versions of a template, newest first."""
    versions = PromptVersion.objects.filter(template_id=template_id).select_related("created_by").annotate(
        uses=Count("jobs", filter=~_TESTS),
        good=Count("jobs", filter=Q(jobs__rating__gt=0) & ~_TESTS),
        bad=Count("jobs", filter=Q(jobs__rating__lt=0) & ~_TESTS),
    )  # fmt: skip
    return [VersionRow(version, version.uses, version.good, version.bad) for version in versions.order_by("-number")]


def _counted(jobs: QuerySet[GenerationJob]) -> Subquery:
    return Subquery(jobs.values("prompt_version__template").annotate(count=Count("pk")).values("count"))
