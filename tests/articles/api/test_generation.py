"""Texts written by a language model, over the API: started once, followed, stopped, and bounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from articles.enums import BudgetScope, CallOutcome, GenerationKind, GenerationStatus
from articles.generation.stream import Stream
from articles.generation.tape import _tape_at
from articles.models import Article, Budget, Category, GenerationJob, PromptTemplate, PromptVersion, ProviderCall
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, refused

Make = Callable[..., Article]
URL = "/api/generate"
GOOD = {"title": "Composting on a balcony", "words": 400}
BUNDLED = {"name": "bundled", "base_url": "http://127.0.0.1:9/v1", "model": "small", "languages": ["en"]}
OTHER = {**BUNDLED, "name": "other", "languages": ["en", "pt-br"], "price_in": "1", "price_out": "2"}
NOW = datetime(2026, 3, 31, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _models(settings: Any) -> None:
    settings.LLM_ENDPOINTS = [BUNDLED]
    settings.REDIS_URL = ""
    _tape_at.cache_clear()


def test_a_job_is_started_and_the_answer_says_where_to_follow_it(author: User, program: MakeProgram) -> None:
    answer = program(author).post(URL, {**GOOD, "keywords": ["peat"], "tone": "friendly"})

    job = GenerationJob.objects.get()
    told = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/generate/{job.pk}")
    assert told["urls"] == {
        "job": f"http://testserver/api/generate/{job.pk}",
        "websocket": f"ws://testserver/ws/studio/generation/{job.pk}/",
        "events": f"http://testserver/events/generation/{job.pk}",
        "editor": None,
    }
    assert (told["topic"], told["status"], told["position"]["place"]) == (f"generation.{job.pk}", "queued", 1)
    assert (job.owner, job.kind, job.parameters["keywords"]) == (author, "article", ["peat"])


def test_the_original_names_of_brief_and_words_work(author: User, program: MakeProgram) -> None:
    body = {"prompt": "Write an article about artificial intelligence", "max_length": 1000}

    assert program(author).post(URL, body).status_code == 202
    parameters = GenerationJob.objects.get().parameters
    assert (parameters["brief"], parameters["words"]) == (body["prompt"], 1000)


def test_a_whole_wish_is_kept(author: User, program: MakeProgram) -> None:
    category = Category.objects.create(name="Garden", slug="garden")
    template = PromptTemplate.objects.create(name="House style", kind=GenerationKind.OUTLINE)
    PromptVersion.objects.create(template=template, number=1, text="old")
    version = PromptVersion.objects.create(template=template, number=2, text="{{ title }} {{ place }}")
    body = {
        **GOOD, "kind": "outline", "brief": "Short.", "audience": "beginners", "outline": ["One", "Two"],
        "category": "garden", "template": "House style", "variables": {"place": "Lisbon"}, "model": "bundled",
    }  # fmt: skip

    assert program(author).post(URL, body).status_code == 202
    job = GenerationJob.objects.get()
    assert (job.kind, job.prompt_version, job.endpoint_wanted) == ("outline", version, "bundled")
    assert (job.parameters["category_id"], job.parameters["outline"]) == (category.pk, ["One", "Two"])
    assert job.parameters["variables"] == {"place": "Lisbon"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["brief"]),
        ({"title": "  ", "brief": ""}, ["brief"]),
        ({"brief": "x" * 100_000}, ["brief"]),
        ({"brief": "a\x00b"}, ["brief"]),
        ({"brief": "a\x07b"}, ["brief"]),
        ({"brief": "a", "prompt": "b"}, ["prompt"]),
        ({**GOOD, "max_length": 300}, ["max_length"]),
        ({**GOOD, "words": 99}, ["words"]),
        ({**GOOD, "tone": "angry"}, ["tone"]),
        ({**GOOD, "language": "fr"}, ["language"]),
        ({**GOOD, "language": "pt-br"}, ["language"]),
        ({**GOOD, "model": "gone"}, ["model"]),
        ({**GOOD, "model": "bundled", "language": "pt-br"}, ["model"]),
        ({**GOOD, "category": "gone"}, ["category"]),
        ({**GOOD, "template": "gone"}, ["template"]),
        ({**GOOD, "keywords": ["x"] * 21}, ["keywords"]),
        ({**GOOD, "length": 5}, ["length"]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_started(
    author: User, program: MakeProgram, body: dict[str, Any], fields: list[str]
) -> None:
    assert refused(program(author).post(URL, body)) == fields
    assert not GenerationJob.objects.exists()


def test_a_language_that_another_model_writes_is_taken(author: User, program: MakeProgram, settings: Any) -> None:
    settings.LLM_ENDPOINTS = [BUNDLED, OTHER]

    assert program(author).post(URL, {**GOOD, "language": "pt-br"}).status_code == 202


def test_the_same_key_starts_one_job(author: User, program: MakeProgram) -> None:
    writer = program(author)
    first, again = (writer.post(URL, GOOD, Idempotency_Key="k-1") for _ in range(2))

    assert again.content == first.content
    assert (again.headers["Idempotency-Replayed"], again.headers["Location"]) == ("true", first.headers["Location"])
    assert GenerationJob.objects.count() == 1
    assert refused(writer.post(URL, {"title": "Other"}, Idempotency_Key="k-1")) == ["Idempotency-Key"]


def test_starting_needs_the_scope_and_the_right(author: User, program: MakeProgram) -> None:
    reader = User.objects.create_user("eve")

    assert "articles:generate" in program(author, Scope.READ).post(URL, GOOD).json()["detail"]
    assert "articles.add_article" in program(reader).post(URL, GOOD).json()["detail"]
    assert not GenerationJob.objects.exists()


def test_others_jobs_are_not_there(author: User, chief: User, program: MakeProgram, editor: Any) -> None:
    path = program(author).post(URL, GOOD).headers["Location"]

    assert refused(program(chief).get(path), 404) == []
    assert refused(program(chief).post(f"{path}/cancel"), 404) == []
    assert program(chief).get(URL).json()["items"] == []
    assert editor.get(path).status_code == 200  # a superuser's session
    assert refused(program(author).get(f"{URL}/999999999999999999999999"), 404) == []


def test_a_job_is_read_while_it_is_written(author: User, program: MakeProgram) -> None:
    path = program(author).post(URL, GOOD).headers["Location"]
    job = GenerationJob.objects.get()
    GenerationJob.objects.update(status=GenerationStatus.STREAMING, started_at=timezone.now())
    stream = Stream(job.pk, lambda: {"type": "snapshot", "sections": []})
    stream.append({"type": "stage", "stage": "section", "section": 1, "sections": 2, "title": "Soil"})
    stream.append({"type": "text", "section": 1, "at": 0, "text": "Dark *earth*."})
    ProviderCall.objects.create(
        job=job, number=1, lease="0" * 32, purpose="section", endpoint="bundled", model="small", cost="0.5",
        outcome=CallOutcome.OK, started_at=timezone.now(), settled_at=timezone.now(), tokens_out=9,
    )  # fmt: skip

    told = program(author, Scope.READ).get(path).json()

    assert (told["text"], told["stage"], told["section"]) == ("## Soil\n\nDark *earth*.", "section", 1)
    assert told["sections"] == [{"number": 1, "title": "Soil", "text": "Dark *earth*."}]
    assert (told["calls"][0]["outcome"], told["tokens_out"], Decimal(told["cost"])) == ("ok", 9, Decimal("0.5"))
    assert told["position"] is None


def test_a_failed_job_says_why(author: User, program: MakeProgram) -> None:
    path = program(author).post(URL, GOOD).headers["Location"]
    GenerationJob.objects.update(
        status=GenerationStatus.FAILED, finished_at=timezone.now(), error={"code": "timeout"},
        notes=[{"code": "repetition_cut", "title": "Soil"}], state={"partial": [{"title": "", "text": "So far"}]},
    )  # fmt: skip

    told = program(author).get(path).json()

    assert told["error"]["code"] == "timeout"
    assert told["error"]["message"].startswith("The model did not answer in time")
    assert told["notes"][0]["message"] == "“Soil” began to repeat itself and was cut there."
    assert told["text"] == "So far"


def test_a_job_is_stopped_once_and_then_stays_so(author: User, program: MakeProgram) -> None:
    writer = program(author)
    path = writer.post(URL, GOOD).headers["Location"]

    assert [writer.post(f"{path}/cancel").json()["status"] for _ in range(2)] == ["cancelled", "cancelled"]
    GenerationJob.objects.update(status=GenerationStatus.SUCCEEDED)
    assert writer.post(f"{path}/cancel").json()["status_now"] == "succeeded"
    assert refused(program(author, Scope.READ).post(f"{path}/cancel"), 403) == []


def test_the_list_goes_on_by_cursor_and_by_status(author: User, program: MakeProgram) -> None:
    writer = program(author)
    ids = [writer.post(URL, GOOD).json()["id"] for _ in range(3)]
    writer.post(f"{URL}/{ids[0]}/cancel")

    first = writer.get(f"{URL}?limit=2").json()
    rest = writer.get(f"{URL}?limit=2&cursor={first['next_cursor']}").json()

    assert [job["id"] for job in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    assert [job["id"] for job in writer.get(f"{URL}?status=cancelled").json()["items"]] == [ids[0]]
    assert writer.get(f"{URL}?kind=outline").json()["items"] == []
    assert refused(writer.get(f"{URL}?cursor=x")) == ["cursor"]
    assert refused(program(author, Scope.IMAGES).get(URL), 403) == []


def test_a_days_jobs_are_bounded(author: User, program: MakeProgram) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, jobs_per_day=1)
    writer = program(author)
    with time_machine.travel(NOW, tick=False):
        writer.post(URL, GOOD)
        answer = writer.post(URL, GOOD, Idempotency_Key="k-1")

        assert refused(answer, 429) == []
        assert answer.headers["Retry-After"] == str(6 * 3600 + 1)
        assert answer.json()["detail"] == "This account may start 1 jobs a day and has started 1. Nothing was started."
        assert answer.json()["code"] == "jobs"


@pytest.mark.parametrize("scope", [BudgetScope.EACH, BudgetScope.SITE])
def test_a_months_money_is_bounded(author: User, program: MakeProgram, settings: Any, scope: BudgetScope) -> None:
    settings.LLM_ENDPOINTS = [OTHER]
    Budget.objects.create(scope=scope, month_limit=0)
    with time_machine.travel(NOW, tick=False):
        answer = program(author).post(URL, GOOD)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(6 * 3600 + 1))
    assert answer.json()["code"] == ("site" if scope == BudgetScope.SITE else "account")
    assert not GenerationJob.objects.exists()


def test_jobs_are_started_only_so_often(author: User, program: MakeProgram, settings: Any) -> None:
    settings.API_RATES_PER_MIN = {"generate": 1}
    writer = program(author)

    assert [writer.post(URL, GOOD).status_code for _ in range(2)] == [202, 429]
