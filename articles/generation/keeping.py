"""What becomes of the text of a job that did not finish, and of two drafts of one wish."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from articles.access import actions_for
from articles.content import Content
from articles.enums import Action, GenerationKind, Origin, Status
from articles.exceptions import ArticleError
from articles.limits import MAX_TITLE_CHARS
from articles.models import Article, Category, GenerationJob
from articles.services.articles import article_create, article_lock
from articles.services.publishing import article_archive


class KeepError(ArticleError):
    """A job's text can't be kept or thrown away. ``code``: ``open``, ``kind``, ``empty`` or ``kept``."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The text of the job can't be kept or thrown away: {code}.")
        self.code = code


def job_keep(*, job_id: int, account: AbstractBaseUser) -> Article:
    """Make a draft of what a job wrote before it stopped, and return it; once kept, return the draft that there is.

    The draft belongs to the job's owner, whoever keeps it, and so does what was spent on it. Raises
    GenerationJob.DoesNotExist, KeepError.
    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.article is not None:
            return job.article
        if not job.text.strip():
            raise KeepError("empty")
        owner = job.owner if job.owner_id != account.pk else account
        job.article = article_create(content=_content(job), author=owner)
        job.save(update_fields=["article"])
        job.calls.update(article=job.article)
        return job.article


def job_discard(*, job_id: int) -> None:
    """Throw away what a job wrote before it stopped; its bill stays, and trying again begins at the beginning.

    Raises GenerationJob.DoesNotExist, KeepError.
    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.article_id is not None:
            raise KeepError("kept")
        job.text, job.state, job.result = "", {}, {"discarded": True}
        job.save(update_fields=["text", "state", "result"])


def job_choose(*, chosen: GenerationJob, other: GenerationJob, account: AbstractBaseUser) -> Article | None:
    """Put the other job's draft into the archive if nobody has touched it since; return it, or None if it stays."""
    if chosen.article_id is None or other.article_id is None or chosen.article_id == other.article_id:
        return None
    with transaction.atomic():
        article = article_lock(other.article_id)
        is_untouched = article.status == Status.DRAFT and article.version == 1
        if not is_untouched or Action.ARCHIVE not in actions_for(account, article):
            return None
        return article_archive(article_id=article.pk, actor=account)


def _locked(job_id: int) -> GenerationJob:
    """Return a job of an article that is over and whose article, if it has one, it made itself."""
    jobs = GenerationJob.objects.select_for_update(of=("self",)).select_related("owner", "article")
    job = jobs.get(pk=job_id)
    if job.is_open:
        raise KeepError("open")
    if job.kind != GenerationKind.ARTICLE:
        raise KeepError("kind")
    return job


def _content(job: GenerationJob) -> Content:
    category = Category.objects.filter(pk=job.parameters.get("category_id") or 0).first()
    return Content(
        title=" ".join(job.subject.split())[:MAX_TITLE_CHARS], body=job.text,
        language=job.language, category_id=category.pk if category else None, origin=Origin.AI.value,
    )  # fmt: skip
