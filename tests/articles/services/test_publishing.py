"""The way to the readers: each step guarded, recorded, and told to who listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from articles.access import actions_for
from articles.content import Content
from articles.enums import Action, Status
from articles.exceptions import ArticleError, NotAllowedError, StaleVersionError, TransitionError
from articles.models import Article, AuditEntry, Draft, Revision, SlugRedirect
from articles.services import publishing as steps
from articles.services.articles import article_create, article_save
from articles.services.schedule import schedule_run
from articles.signals import live_changed
from tests.articles.at_once import at_once, use_only

Make = Callable[..., Article]
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
TAKE: dict[Action, Callable[..., Article]] = {
    Action.SUBMIT: steps.article_submit,
    Action.WITHDRAW: steps.article_withdraw,
    Action.RETURN: lambda **fields: steps.article_return(note="Shorter.", **fields),
    Action.APPROVE: steps.article_approve,
    Action.SCHEDULE: lambda **fields: steps.article_schedule(publish_at=NOW + timedelta(days=9000), **fields),
    Action.UNSCHEDULE: steps.article_unschedule,
    Action.PUBLISH: steps.article_publish,
    Action.UNPUBLISH: steps.article_unpublish,
    Action.DISCARD: steps.changes_discard,
    Action.ARCHIVE: steps.article_archive,
    Action.RESTORE: steps.article_restore,
}


@pytest.fixture
def boss(db: None) -> User:
    """Somebody who may edit, review and publish."""
    user = User.objects.create_user("ana", first_name="Ana")
    user.groups.add(Group.objects.get(name="Editors"))
    return user


@pytest.fixture
def told() -> Any:
    """What listeners were told, as (article, whether it is public)."""
    heard: list[tuple[int, bool]] = []

    def hear(article_id: int, is_public: bool, **kwargs: Any) -> None:
        heard.append((article_id, is_public))

    live_changed.connect(hear)
    yield heard
    live_changed.disconnect(hear)


def change(article: Article, actor: User, **changes: Any) -> Article:
    content = replace(article.working(), **changes)
    return article_save(article_id=article.pk, content=content, version=article.version, actor=actor)


def test_publishing_dates_a_draft_once(draft: Make) -> None:
    article = draft()
    with time_machine.travel(NOW, tick=False):
        steps.article_publish(article_id=article.pk, actor=None)
    again = steps.article_publish(article_id=article.pk, actor=None)

    assert (again.status, again.published_at, again.live_updated_at, again.version) == ("published", NOW, NOW, 2)


def test_publishing_an_article_that_is_gone_says_so(db: None) -> None:
    with pytest.raises(Article.DoesNotExist):
        steps.article_publish(article_id=404, actor=None)


def test_a_text_goes_from_its_writer_over_a_reviewer_to_the_readers(
    draft: Make, author: User, boss: User, told: list[tuple[int, bool]], django_capture_on_commit_callbacks: Any
) -> None:
    article = draft()
    with pytest.raises(NotAllowedError):
        steps.article_publish(article_id=article.pk, actor=author)
    steps.article_submit(article_id=article.pk, actor=author)
    with pytest.raises(NotAllowedError):
        steps.article_approve(article_id=article.pk, actor=author)
    approved = steps.article_approve(article_id=article.pk, actor=boss, note="Good.")
    assert (approved.status, approved.approved_by) == ("review", boss)
    with django_capture_on_commit_callbacks(execute=True):
        steps.article_publish(article_id=article.pk, actor=author)

    trail = AuditEntry.objects.order_by("id").values_list("action", "from_status", "to_status", "actor__username")
    assert list(trail) == [
        ("create", "", "draft", "clarice"),
        ("submit", "draft", "review", "clarice"),
        ("approve", "review", "review", "ana"),
        ("publish", "review", "published", "clarice"),
    ]
    assert told == [(article.pk, True)]


def test_a_change_after_the_approval_takes_it_away(draft: Make, author: User, boss: User) -> None:
    article = draft()
    steps.article_submit(article_id=article.pk, actor=author)
    article = steps.article_approve(article_id=article.pk, actor=boss)
    change(article, author, body="Other words.")

    with pytest.raises(NotAllowedError):
        steps.article_publish(article_id=article.pk, actor=author)


def test_an_approval_outlives_the_schedule_it_allowed(draft: Make, author: User, boss: User) -> None:
    article = draft()
    steps.article_submit(article_id=article.pk, actor=author)
    steps.article_approve(article_id=article.pk, actor=boss)
    TAKE[Action.SCHEDULE](article_id=article.pk, actor=author)

    assert Action.PUBLISH in actions_for(author, Article.objects.get(pk=article.pk))


def test_a_return_needs_a_note_and_keeps_it(draft: Make, author: User, boss: User) -> None:
    article = draft()
    steps.article_submit(article_id=article.pk, actor=author)
    for note in ("", "  ", "x" * 501):
        with pytest.raises(ValidationError) as refused:
            steps.article_return(article_id=article.pk, actor=boss, note=note)
        assert list(refused.value.message_dict) == ["note"]
    returned = steps.article_return(article_id=article.pk, actor=boss, note=" The second part drags. ")

    assert returned.status == Status.DRAFT
    assert AuditEntry.objects.latest("id").note == "The second part drags."


@pytest.mark.parametrize("action", [Action.SUBMIT, Action.PUBLISH, Action.SCHEDULE])
def test_a_text_without_words_goes_nowhere(draft: Make, boss: User, action: Action) -> None:
    article = draft(body=" \u200b ", author=boss)

    with pytest.raises(ValidationError) as refused:
        TAKE[action](article_id=article.pk, actor=boss)
    assert list(refused.value.message_dict) == ["body"]
    assert Article.objects.get(pk=article.pk).status == Status.DRAFT


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", TAKE)
def test_a_step_that_is_not_open_is_refused_and_changes_nothing(
    draft: Make, boss: User, django_user_model: type[User], status: Status, action: Action
) -> None:
    article, root = draft(), django_user_model.objects.create_superuser("root")
    Article.objects.filter(pk=article.pk).update(status=status, published_at=NOW, publish_at=NOW)
    article = Article.objects.get(pk=article.pk)

    if action in actions_for(root, article):
        moved = TAKE[action](article_id=article.pk, actor=root)
        assert moved.version == 2
    elif (status, action) == (Status.PUBLISHED, Action.PUBLISH):
        assert TAKE[action](article_id=article.pk, actor=root).version == 1
    else:
        with pytest.raises(TransitionError):
            TAKE[action](article_id=article.pk, actor=root)
        assert (Article.objects.get(pk=article.pk).version, AuditEntry.objects.count()) == (1, 1)


def test_a_step_from_an_older_version_is_refused(draft: Make, boss: User) -> None:
    article = draft()
    change(article, boss, title="New")

    with pytest.raises(StaleVersionError):
        steps.article_publish(article_id=article.pk, actor=boss, version=1)


def test_changes_go_live_only_when_they_are_published(published: Make, boss: User) -> None:
    article = published("Live", body="Live.", tags=("old",))
    first = article.published_at
    changed = change(article, boss, title="Next", body="Next.", slug="next", tags=("new",))
    with time_machine.travel(NOW, tick=False):
        live = steps.article_publish(article_id=article.pk, actor=boss, version=changed.version)

    stored = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.body, stored.slug, stored.status) == ("Next", "Next.", "next", "published")
    assert (stored.published_at, stored.live_updated_at) == (first, NOW)
    assert [tag.name for tag in stored.tags.all()] == ["new"]
    assert (live.pending, Draft.objects.count()) == (None, 0)
    assert SlugRedirect.objects.get().slug == "live"
    assert Revision.objects.latest("version").kind == "publish"


def test_an_address_that_comes_back_is_no_redirect_any_more(published: Make, boss: User) -> None:
    article = published("Live")
    for slug in ("next", "live"):
        article = change(article, boss, slug=slug)
        article = steps.article_publish(article_id=article.pk, actor=boss)

    assert list(SlugRedirect.objects.values_list("slug", flat=True)) == ["next"]


def test_changes_whose_address_was_taken_meanwhile_stay_changes(published: Make, draft: Make, boss: User) -> None:
    article = change(published("Live"), boss, slug="wanted")
    draft("Other", slug="wanted")

    with pytest.raises(ValidationError) as refused:
        steps.article_publish(article_id=article.pk, actor=boss)
    assert list(refused.value.message_dict) == ["slug"]
    assert Article.objects.get(pk=article.pk).pending is not None


def test_discarded_changes_are_kept_as_a_revision(published: Make, boss: User) -> None:
    article = change(published("Live"), boss, title="Next")
    discarded = steps.changes_discard(article_id=article.pk, actor=boss)

    assert (discarded.title, discarded.pending, discarded.status) == ("Live", None, "published")
    assert "Next" in [kept.written.title for kept in Revision.objects.all()]


@pytest.mark.parametrize("step", [steps.article_unpublish, steps.article_archive])
def test_what_leaves_the_site_takes_its_changes_along(
    published: Make, boss: User, told: list[tuple[int, bool]], step: Callable[..., Article],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    article = change(published("Live"), boss, title="Next")
    with django_capture_on_commit_callbacks(execute=True):
        gone = step(article_id=article.pk, actor=boss)

    assert (gone.title, gone.pending, gone.is_public) == ("Next", None, False)
    assert Draft.objects.count() == 0
    assert told == [(article.pk, False)]


def test_changes_in_review_can_be_approved_and_published_by_their_writer(
    published: Make, author: User, boss: User
) -> None:
    article = change(published("Live"), author, title="Next")
    steps.article_submit(article_id=article.pk, actor=author)
    with pytest.raises(NotAllowedError):
        steps.article_publish(article_id=article.pk, actor=author)
    steps.article_approve(article_id=article.pk, actor=boss)

    assert steps.article_publish(article_id=article.pk, actor=author).title == "Next"


# On schedule


def test_a_scheduled_article_is_published_when_its_moment_comes_and_taken_off_at_its_end(
    draft: Make, boss: User
) -> None:
    article = draft()
    begin, end = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    with time_machine.travel(NOW, tick=False):
        steps.article_schedule(article_id=article.pk, actor=boss, publish_at=begin, unpublish_at=end)
        assert schedule_run() == 0
    with time_machine.travel(begin, tick=False):
        assert (schedule_run(), schedule_run()) == (1, 0)
        assert Article.objects.get(pk=article.pk).published_at == begin
    with time_machine.travel(end, tick=False):
        assert schedule_run() == 1

    stored = Article.objects.get(pk=article.pk)
    assert (stored.status, stored.publish_at, stored.unpublish_at) == ("draft", None, None)
    assert AuditEntry.objects.latest("id").actor is None


@pytest.mark.parametrize(
    ("publish_in_h", "unpublish_in_h", "field"),
    [(0, None, "publish_at"), (-1, None, "publish_at"), (2, 1, "unpublish_at")],
)  # fmt: skip
def test_a_schedule_in_the_past_or_backwards_is_refused(
    draft: Make, boss: User, publish_in_h: int, unpublish_in_h: int | None, field: str
) -> None:
    article = draft()
    end = None if unpublish_in_h is None else NOW + timedelta(hours=unpublish_in_h)

    with time_machine.travel(NOW, tick=False), pytest.raises(ValidationError) as refused:
        steps.article_schedule(
            article_id=article.pk, actor=boss, publish_at=NOW + timedelta(hours=publish_in_h), unpublish_at=end
        )
    assert list(refused.value.message_dict) == [field]


def test_one_article_that_can_not_be_published_does_not_keep_the_others(draft: Make, boss: User) -> None:
    articles = [draft(), draft()]
    with time_machine.travel(NOW, tick=False):
        for article in articles:
            steps.article_schedule(article_id=article.pk, actor=boss, publish_at=NOW + timedelta(minutes=1))
    Article.objects.filter(pk=articles[0].pk).update(body="")

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert schedule_run() == 1
    assert [Article.objects.get(pk=article.pk).status for article in articles] == ["scheduled", "published"]


def test_two_who_publish_at_one_instant_publish_once_on_postgresql(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_only(postgres_alias, monkeypatch)
    root = User.objects.create_superuser("root")
    article = article_create(content=Content(title="One", body="Words."), author=root)

    def publish() -> str:
        return steps.article_publish(article_id=article.pk, actor=root).status

    assert at_once(4, publish, django_db_blocker.unblock) == ["published"] * 4
    assert Article.objects.get().version == 2
    assert AuditEntry.objects.filter(action="publish").count() == 1


# Whatever is done in whatever order


class Desk(RuleBasedStateMachine):
    """Accounts of every kind do anything at all to one article."""

    def __init__(self) -> None:
        super().__init__()
        Article.objects.all().delete()
        User.objects.all().delete()
        self.author = User.objects.create_user("clarice")
        self.author.groups.add(Group.objects.get(name="Writers"))
        editor = User.objects.create_user("ana")
        editor.groups.add(Group.objects.get(name="Editors"))
        self.people = {"author": self.author, "editor": editor, "stranger": User.objects.create_user("x")}
        self.pk = article_create(content=Content(title="One", body="Words."), author=self.author).pk
        self.seen: str | None = None

    @rule(who=st.sampled_from(["author", "editor", "stranger"]), action=st.sampled_from(list(TAKE)))
    def step(self, who: str, action: Action) -> None:
        article = Article.objects.get(pk=self.pk)
        allowed = action in actions_for(self.people[who], article)
        if article.is_public and action is Action.PUBLISH and article.pending is None:
            return
        try:
            TAKE[action](article_id=self.pk, actor=self.people[who])
        except ArticleError:
            assert not allowed
        else:
            assert allowed
        after = Article.objects.get(pk=self.pk)
        self.seen = after.body if after.is_public and action is Action.PUBLISH else self.seen
        assert (after.version > article.version) == allowed

    @rule(who=st.sampled_from(["author", "editor", "stranger"]), words=st.sampled_from(["a", "b", "c"]))
    def write(self, who: str, words: str) -> None:
        article = Article.objects.get(pk=self.pk)
        try:
            saved = change(article, self.people[who], body=words)
        except ArticleError:
            assert who == "stranger" or article.status in (Status.ARCHIVED, Status.SCHEDULED)
        else:
            assert saved.working().body == words

    @rule()
    def wait(self) -> None:
        before = Article.objects.get(pk=self.pk)
        if before.status == Status.SCHEDULED:
            with time_machine.travel(before.publish_at, tick=False):
                assert schedule_run() == 1
            self.seen = before.body

    @invariant()
    def a_writer_alone_puts_no_text_on_the_schedule(self) -> None:
        article = Article.objects.get(pk=self.pk)
        if article.status == Status.SCHEDULED:
            entry = AuditEntry.objects.filter(action__in=["schedule", "approve"]).latest("id")
            last = Revision.objects.filter(article=article).latest("version")
            by_editor = {entry.actor_id, last.created_by_id} & {self.people["editor"].pk}
            assert by_editor or article.approved_by_id == self.people["editor"].pk

    @invariant()
    def readers_see_only_what_was_published(self) -> None:
        article = Article.objects.get(pk=self.pk)
        if article.is_public:
            assert article.body == self.seen
        else:
            assert article.pending is None

    @invariant()
    def every_state_was_kept(self) -> None:
        article = Article.objects.get(pk=self.pk)
        texts = [kept.written.body for kept in Revision.objects.filter(article=article)]
        assert article.working().body in texts


@pytest.mark.django_db
def test_no_order_of_steps_shows_readers_an_unpublished_text_or_loses_a_saved_one() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
