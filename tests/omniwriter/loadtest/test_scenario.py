"""The project's load-test scenario against a served site: what it gives works, and what it made goes again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session as SessionRow
from django.core.cache import cache
from django.db.models.signals import pre_delete
from django.test import override_settings

from articles.enums import BudgetScope, CallOutcome, GenerationStatus
from articles.models import Article, Budget, GenerationJob, ProviderCall, ProviderEndpoint
from articles.signals import live_changed
from omniwriter.loadtest import scenario as scenarios
from omniwriter.loadtest.provider import Provider
from omniwriter.loadtest.scenario import ArticlesScenario, ReadersScenario
from perfmon.exceptions import ScenarioError
from perfmon.loadtest.plans import Action
from perfmon.loadtest.scenarios import Cast, Place, get_scenario
from tests.fixtures.fake_provider import FakeProvider
from tests.omniwriter.loadtest.performing import RUN, perform, published, rows_by_table, written
from tests.waiting import READY_S, eventually


@pytest.fixture
def deleted() -> Iterator[list[str]]:
    """The status that each job had when it was deleted."""
    statuses: list[str] = []

    def note(instance: GenerationJob, **_: Any) -> None:
        statuses.append(instance.status)

    pre_delete.connect(note, sender=GenerationJob)
    yield statuses
    pre_delete.disconnect(note, sender=GenerationJob)


@pytest.fixture
def told() -> Iterator[list[int]]:
    """The articles of which it was said that readers see them no more."""
    gone: list[int] = []

    def note(article_id: int, is_public: bool, **_: Any) -> None:
        if not is_public:
            gone.append(article_id)

    live_changed.connect(note)
    yield gone
    live_changed.disconnect(note)


def named(cast: Cast, name: str) -> Action:
    return next(action for action in cast.actions if action.name == name)


def test_it_is_the_projects_scenario() -> None:
    assert isinstance(get_scenario(), ArticlesScenario)


def test_the_mix_is_the_documents() -> None:
    assert [(action.name, action.weight) for action in scenarios.document_actions(RUN)] == [
        ("GET /api/articles", 3), ("GET /api/articles/search", 2), ("POST /api/articles", 1), ("POST /api/generate", 1),
    ]  # fmt: skip


def test_each_action_is_answered_as_it_expects_by_a_session_that_is_logged_in(cast: Cast, place: Place) -> None:
    answers = {action.name: perform(place.host, action, cast.sessions[0]) for action in cast.actions}

    for action in cast.actions:
        assert answers[action.name].status_code in action.expects, (action.name, answers[action.name].text)
    assert len(answers["GET /api/articles"].json()["items"]) == 8
    assert answers["GET /api/articles/search"].json()["items"]
    assert answers["POST /api/articles"].json()["title"] == "Load test article 1"
    written()


def test_without_its_session_nobody_creates(cast: Cast, place: Place) -> None:
    assert perform(place.host, named(cast, "POST /api/articles"), None).status_code == 401


def test_a_text_goes_the_whole_way_to_a_draft_and_costs_nothing(cast: Cast, place: Place) -> None:
    perform(place.host, named(cast, "POST /api/generate"), cast.sessions[0])

    (job,) = written()
    assert (job.status, job.endpoint, job.notes) == (GenerationStatus.SUCCEEDED, f"load-test-{RUN}", [])
    assert job.article is not None
    assert job.article.words > 330
    assert [tag.name for tag in job.article.tags.all()] == [f"load-test-{RUN}"]
    calls = ProviderCall.objects.all()
    assert {(call.outcome, call.cost, call.is_estimate) for call in calls} == {(CallOutcome.OK, 0, False)}
    assert calls.count() == 1 + len(job.state["titles"]) + 1


def test_an_account_that_has_a_provider_of_its_own_asks_no_other(
    scenario: ArticlesScenario, place: Place, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "ACCOUNTS", 1)
    with override_settings(LLM_ENDPOINTS=[provider.entry()]):
        cast = scenario.prepare(place)
        asked = named(cast, "POST /api/generate")
        body = {**(asked.body or {}), "model": "fake"}
        refused = perform(place.host, Action("", asked.path, "POST", body=body, needs_session=True), cast.sessions[0])
        perform(place.host, asked, cast.sessions[0])
        written()

    assert refused.status_code == 422
    assert provider.chats == []


def test_budgets_of_the_site_do_not_stop_what_costs_nothing(cast: Cast, place: Place, provider: FakeProvider) -> None:
    Budget.objects.create(scope=BudgetScope.SITE, month_limit=0)
    Budget.objects.create(scope=BudgetScope.EACH, month_limit=0, jobs_per_day=0)
    with override_settings(LLM_ENDPOINTS=[provider.entry()]):
        answer = perform(place.host, named(cast, "POST /api/generate"), cast.sessions[0])
        (job,) = written()

    assert answer.status_code == 202
    assert (job.status, provider.chats) == (GenerationStatus.SUCCEEDED, [])


def test_the_accounts_may_write_and_nothing_more(cast: Cast) -> None:
    users = User.objects.filter(username__startswith=f"load-{RUN}-")

    assert sorted(user.username for user in users) == [f"load-{RUN}-1", f"load-{RUN}-2"]
    assert {permission for user in users for permission in user.get_all_permissions()} == {"articles.add_article"}
    assert not any(user.is_staff or user.is_superuser for user in users)


def test_one_address_is_not_throttled_with_sessions_of_the_run(
    cast: Cast, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(API_RATES_PER_MIN={"anonymous": 1, "write": 1, "generate": 1, "token": 1}):
        statuses = [
            perform(place.host, action, cast.sessions[0], number).status_code
            for number in range(1, 4)
            for action in cast.actions
        ]
        anonymous = perform(place.host, Action("", "/api/tags"), None).status_code

    assert set(statuses) == {200, 201, 202}
    assert anonymous == 429
    written(3)


def test_remove_leaves_every_table_as_it_was(
    scenario: ArticlesScenario, place: Place, author: User, told: list[int]
) -> None:
    cache.clear()
    _somebodys_own(author)
    before = rows_by_table()

    cast = scenario.prepare(place)
    for action in cast.actions:
        perform(place.host, action, cast.sessions[0])
    written()
    assert published() == 60  # of which one was there
    assert rows_by_table() != before
    scenario.remove(RUN)

    assert len(set(told)) == 59
    assert rows_by_table() == before
    assert perform(place.host, Action("", "/api/articles"), None).json()["items"][0]["title"] == "Business of mine"


def test_remove_of_a_run_whose_process_was_killed_needs_only_its_number(
    cast: Cast, place: Place, scenario: ArticlesScenario
) -> None:
    perform(place.host, named(cast, "POST /api/articles"), cast.sessions[0])

    ArticlesScenario().remove(RUN)
    ArticlesScenario().remove(RUN)

    assert not Article.objects.exists()
    assert not User.objects.filter(username__startswith="load-").exists()
    assert not Group.objects.filter(name__startswith="load-").exists()
    assert not ProviderEndpoint.objects.exists()
    assert not SessionRow.objects.exists()


def test_remove_stops_what_is_still_being_written_before_it_is_deleted(
    cast: Cast, place: Place, scenario: ArticlesScenario, monkeypatch: pytest.MonkeyPatch, deleted: list[str]
) -> None:
    may_answer = threading.Event()
    monkeypatch.setattr(Provider, "text_for", lambda *_: str(may_answer.wait(READY_S)))
    for number in (1, 2):
        perform(place.host, named(cast, "POST /api/generate"), cast.sessions[number % 2], number)
    eventually(lambda: ProviderCall.objects.filter(outcome=CallOutcome.OPEN).count() == 2)

    scenario.remove(RUN)
    may_answer.set()

    assert deleted == [GenerationStatus.CANCELLED, GenerationStatus.CANCELLED]
    assert not Article.objects.exists()
    assert not ProviderCall.objects.exists()


def test_remove_touches_nothing_of_another_run(scenario: ArticlesScenario, cast: Cast, place: Place) -> None:
    before = rows_by_table()

    ArticlesScenario().remove(71)

    assert rows_by_table() == before


def test_a_site_with_another_database_is_told(scenario: ArticlesScenario, place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(scenarios, "CHECK_PATH", "/api/none")

    with pytest.raises(ScenarioError, match="is not logged in after the login: /api/none answered 404"):
        scenario.prepare(place)


def test_readers_need_no_login_and_leave_nothing(place: Place, site: Any, db: None) -> None:
    before = rows_by_table()
    readers = ReadersScenario()

    cast = readers.prepare(place)

    assert cast.sessions == ()
    assert {perform(place.host, action, None).status_code for action in cast.actions} == {200}
    readers.remove(RUN)
    assert rows_by_table() == before


def _somebodys_own(author: User) -> None:
    from articles.content import Content
    from articles.services.articles import article_create
    from articles.services.publishing import article_publish

    article = article_create(content=Content(title="Business of mine", body="Mine.", tags=("mine",)), author=author)
    article_publish(article_id=article.pk, actor=None)
    assert settings.LLM_ENDPOINTS == []
