"""What becomes of kept revisions: restored, named, thinned out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from articles.enums import RevisionKind
from articles.exceptions import NotAllowedError, StaleVersionError
from articles.models import Article, AuditEntry, Draft, Revision
from articles.services.articles import article_save
from articles.services.revisions import autosaves_thin, revision_rename, revision_restore

Make = Callable[..., Article]
NOW = datetime(2026, 5, 4, 3, 30, tzinfo=UTC)


def write(article: Article, actor: User, body: str, kind: RevisionKind = RevisionKind.SAVE) -> Article:
    content = replace(article.working(), body=body)
    return article_save(article_id=article.pk, content=content, version=article.version, actor=actor, kind=kind)


def test_a_restored_revision_is_the_next_version(draft: Make, author: User) -> None:
    article = write(draft(body="First."), author, "Second.")
    first = Revision.objects.get(version=1)
    restored = revision_restore(article_id=article.pk, revision_id=first.pk, version=2, actor=author)

    assert (restored.body, restored.version) == ("First.", 3)
    assert Revision.objects.latest("version").kind == RevisionKind.RESTORE
    assert (AuditEntry.objects.latest("id").action, AuditEntry.objects.latest("id").note) == ("revert", "v1")


def test_a_revision_restored_to_a_published_article_waits_behind_it(published: Make, author: User) -> None:
    article = write(published(body="First."), author, "Second.")
    revision_restore(
        article_id=article.pk, revision_id=Revision.objects.get(version=article.version).pk, version=3, actor=author
    )

    assert Article.objects.get(pk=article.pk).body == "First."
    assert Draft.objects.get().written.body == "Second."


def test_a_restore_over_somebodys_newer_save_is_refused(draft: Make, author: User) -> None:
    article = write(draft(body="First."), author, "Second.")

    with pytest.raises(StaleVersionError):
        revision_restore(article_id=article.pk, revision_id=Revision.objects.first().pk, version=1, actor=author)  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action="revert").count() == 0


def test_a_revision_of_another_article_is_not_found(draft: Make, author: User) -> None:
    mine, other = draft("Mine"), draft("Other")

    with pytest.raises(Revision.DoesNotExist):
        revision_restore(
            article_id=mine.pk, revision_id=Revision.objects.get(article=other).pk, version=1, actor=author
        )


def test_a_revision_can_be_named_by_who_may_edit(draft: Make, author: User) -> None:
    article = draft()
    revision = Revision.objects.get()
    revision_rename(article_id=article.pk, revision_id=revision.pk, name=" Before the cut ", actor=author)

    assert Revision.objects.get().name == "Before the cut"
    with pytest.raises(ValidationError):
        revision_rename(article_id=article.pk, revision_id=revision.pk, name="x" * 81, actor=author)
    with pytest.raises(NotAllowedError):
        revision_rename(
            article_id=article.pk, revision_id=revision.pk, name="Mine", actor=User.objects.create_user("paulo")
        )


def test_of_old_autosaves_one_an_hour_is_kept_and_all_else_stays(draft: Make, author: User) -> None:
    with time_machine.travel(NOW - timedelta(days=2), tick=False) as clock:
        article = draft(body="0")
        for number in range(1, 9):  # at 20 minutes each: 3:50, 4:10, 4:30, 4:50, 5:10 …
            clock.shift(timedelta(minutes=20))
            article = write(article, author, str(number), RevisionKind.AUTOSAVE)
    Revision.objects.filter(version=4).update(name="Kept by name")
    with time_machine.travel(NOW, tick=False):
        article = write(article, author, "new", RevisionKind.AUTOSAVE)
        assert (autosaves_thin(), autosaves_thin()) == (3, 0)

    kept = Revision.objects.order_by("version").values_list("version", flat=True)
    assert list(kept) == [1, 2, 4, 5, 8, 9, 10]
