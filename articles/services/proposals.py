"""What became of a model's proposals: those that an editor took into an article, and the mark this leaves on both."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from articles.enums import GenerationKind, GenerationStatus
from articles.models import Article, GenerationJob

_PROPOSALS = (GenerationKind.EDIT, GenerationKind.SUGGEST)


def proposals_take(*, job_ids: Collection[int], actor: AbstractBaseUser, article: Article | None) -> bool:
    """Keep that ``actor`` took these jobs' proposals into ``article``, None while it is not stored; return if any.

    Counted are the actor's own jobs that finished and that were started for this article, or before it was stored;
    others are passed over, so nobody can say so of another's job or another article.
    """
    if not job_ids:
        return False
    jobs = list(
        GenerationJob.objects.filter(
            Q(article=None) | Q(article=article), pk__in=job_ids, owner_id=actor.pk, kind__in=_PROPOSALS,
            status=GenerationStatus.SUCCEEDED,
        )
    )  # fmt: skip
    for job in jobs:
        if job.result.get("accepted") and (article is None or job.article_id):
            continue
        job.result = {**job.result, "accepted": True}
        job.article = article
        job.save(update_fields=["result", "article"])
    return bool(jobs)


def machine_wrote(article_id: int) -> bool:
    """Whether a model of this site wrote the article, or an accepted part of it."""
    jobs = GenerationJob.objects.filter(article_id=article_id)
    return jobs.filter(Q(kind=GenerationKind.ARTICLE) | Q(kind__in=_PROPOSALS, result__accepted=True)).exists()
