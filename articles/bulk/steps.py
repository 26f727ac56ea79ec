"""Bulk jobs that take one step with each article."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.bulk.handlers import Failure, Outcome
from articles.bulk.selection import Selection
from articles.enums import Action, Status
from articles.exceptions import ArticleError, NotAllowedError, TransitionError
from articles.models import Article, BulkJob
from articles.services.publishing import article_archive, article_publish, article_restore, article_unpublish

_BATCH = 200


class StepHandler:
    """Takes the same step with each article of the selection, as the job's owner; in order of their ids."""

    resumable = True
    action: Action
    take: Callable[..., Article]

    def total(self, job: BulkJob) -> int:
        """Count the selection, once a job."""
        return Selection.from_json(job.parameters).count()

    def steps(self, job: BulkJob) -> Iterator[Outcome]:
        """Take the step with one article after another; what can't be is left as it is and told."""
        for pk in Selection.from_json(job.parameters).ids_after(job.position, _BATCH):
            yield Outcome(position=pk, failures=self._failures(job, pk))

    def _failures(self, job: BulkJob, pk: int) -> tuple[Failure, ...]:
        try:
            type(self).take(article_id=pk, actor=job.owner)
        except Article.DoesNotExist:
            return (Failure(id=pk, message=_("The article is gone.")),)
        except (ArticleError, ValidationError) as error:
            title = Article.objects.filter(pk=pk).values_list("title", flat=True).first() or ""
            return (Failure(id=pk, title=title, message=refusal(error, self.action)),)
        return ()


class Publish(StepHandler):
    """Publishes articles, or the changes behind them."""

    action = Action.PUBLISH
    take = staticmethod(article_publish)


class Unpublish(StepHandler):
    """Takes articles off the site."""

    action = Action.UNPUBLISH
    take = staticmethod(article_unpublish)


class Archive(StepHandler):
    """Puts articles away."""

    action = Action.ARCHIVE
    take = staticmethod(article_archive)


class Restore(StepHandler):
    """Takes articles out of the archive."""

    action = Action.RESTORE
    take = staticmethod(article_restore)


def refusal(error: ArticleError | ValidationError, action: Action) -> str:
    """Return in words why a step was not taken."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, NotAllowedError):
        return _("You may not take this step with this article.")
    if isinstance(error, TransitionError):
        return _("It is “%(status)s”, where this step is not open.") % {"status": Status(error.status).label}
    return str(error)
