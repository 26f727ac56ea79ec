"""The page of a job: where it is in words, its text as readers would get it, its calls and its bill."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from articles.generation.stream import Stream
from tests.articles.studio.generating import TITLES, call, job
from tests.articles.xss_corpus import PAYLOADS


class Watch(HTMLParser):
    """Notes every element that no page of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.hostile: list[str] = []
        self.seen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge one element."""
        self.seen += 1
        given = {name: value or "" for name, value in attrs}
        is_ours = given.get("src", "").startswith("/static/") or given.get("type") == "application/json"
        links = [given[name].strip().lower() for name in ("href", "src", "action") if name in given]
        if (
            tag in ("iframe", "object", "embed", "base", "style")
            or (tag == "script" and not is_ours)
            or any(name.startswith("on") for name in given)
            or any(link.startswith(("javascript:", "data:", "vbscript:")) for link in links)
        ):
            self.hostile.append(self.get_starttag_text() or tag)


def page(client: Client, job_id: int) -> str:
    answer = client.get(f"/studio/generate/{job_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def told(client: Client, job_id: int, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/studio/generate/{job_id}/", {"format": "json", **query}).json()
    return answer


def test_a_text_that_is_being_written_shows_its_outline_and_the_section_at_work(writer: Client, author: User) -> None:
    shown = page(writer, job(author).pk)

    assert "Writing section 2 of 3" in shown
    assert "<p>Heat drives out <strong>water</strong> first.</p>" in shown
    assert '<li class="done"><a href="#section-1">What roasting does</a>' in shown
    assert '<li class="now" aria-current="step"><a href="#section-2">The drum</a>' in shown
    assert '<li class="next"><a href="#section-3">First crack</a>' in shown
    assert 'class="gen-section is-now" id="section-2"' in shown
    assert "data-stop" in shown
    assert '<noscript><meta http-equiv="refresh"' in shown


def test_the_first_paint_has_the_words_that_only_the_stream_knows(writer: Client, author: User) -> None:
    at_work = job(author)
    sections = at_work.state["sections"]
    stream = Stream(at_work.pk, whole=lambda: {"type": "snapshot", "sections": sections})
    stream.append({"type": "text", "section": 2, "at": len("The drum tur"), "text": "ns slowly."})

    assert "<p>The drum turns slowly.</p>" in page(writer, at_work.pk)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "queued", "state": {}}, "Waiting for a worker"),
        ({"status": "queued", "waits_for": "busy"}, "the model takes no more calls just now"),
        ({"status": "queued", "waits_for": "account"}, "Waiting until another of your texts is written"),
        ({"status": "running", "stage": "outline"}, "Making the outline"),
        ({"status": "streaming", "stage": "suggestions"}, "Proposing a title"),
        ({"status": "succeeded"}, "Finished · "),
        ({"status": "cancelled"}, "Stopped · "),
        ({"status": "failed", "error": {"code": "server_error"}}, "The provider failed, also when asked again."),
        ({"status": "failed", "error": {"code": "budget_site"}}, "The site’s budget for this month is used up."),
        ({"status": "failed", "error": {"code": "not_storable", "fields": {"body": ["Too long."]}}}, "Too long."),
        ({"status": "failed", "error": {"code": "something new"}}, "The work stopped by a fault of ours"),
        ({"status": "cancelled", "state": {}, "text": ""}, "Nothing was written yet, so there is nothing to keep."),
    ],
)
def test_each_state_is_said_in_words(writer: Client, author: User, fields: dict[str, Any], says: str) -> None:
    assert says in page(writer, job(author, **fields).pk)


def test_a_text_that_is_being_stopped_says_so_and_is_not_stopped_twice(writer: Client, author: User) -> None:
    stopping = page(writer, job(author, cancel_requested_at=timezone.now()).pk)

    assert "Stopping" in stopping
    assert "data-stop" not in stopping


def test_a_job_behind_others_knows_its_place(writer: Client, author: User) -> None:
    job(author)
    job(author, status="queued")

    assert "Waiting, number 3 in the queue" in page(writer, job(author, status="queued").pk)


def test_the_attempts_are_listed_with_what_they_cost(writer: Client, author: User) -> None:
    written = job(author, status="succeeded")
    call(written, 1, outcome="busy", error="429: try again in 4 s", tokens_out=0, cost="0")
    call(written, 2)

    shown = page(writer, written.pk)
    assert "Too many calls" in shown
    assert "429: try again in 4 s" in shown
    assert "500\u00a0tokens · US$ 0.000213 · 4.3\u00a0s" in shown
    assert "800 tokens · US$ 0.000213" in shown


def test_a_wait_is_counted_down_to_its_moment(writer: Client, author: User) -> None:
    moment = timezone.now() + timedelta(seconds=30)
    waiting = job(author, status="queued", not_before=moment, waits_for="busy")
    call(waiting, outcome="busy")

    assert f'data-until="{moment:%Y-%m-%dT%H:%M:%S}' in page(writer, waiting.pk)


def test_the_page_and_its_script_are_told_the_same(writer: Client, author: User) -> None:
    at_work = job(author)

    answer = told(writer, at_work.pk)

    assert answer["said"] == "Writing section 2 of 3"
    assert answer["is_open"] is True
    assert [(part["title"], part["is_now"]) for part in answer["sections"]] == [(TITLES[0], False), (TITLES[1], True)]
    assert "What roasting does" in answer["parts"]["outline"]
    assert "data-stop" in answer["parts"]["actions"]
    assert "sections" not in told(writer, at_work.pk, text="no")


def test_nothing_that_a_model_writes_becomes_markup(writer: Client, author: User) -> None:
    sections = [{"title": payload[:200], "text": payload} for payload in PAYLOADS]
    titles = [section["title"] for section in sections]
    written = job(
        author, status="succeeded", state={"titles": titles, "sections": sections}, result={"title": [PAYLOADS[0]]}
    )
    call(written, error=PAYLOADS[0], model=PAYLOADS[8][:120])

    watch = Watch()
    watch.feed(page(writer, written.pk))
    watch.feed("".join(part["html"] for part in told(writer, written.pk)["sections"]))

    assert watch.hostile == []
    assert watch.seen > len(PAYLOADS)


def test_jobs_are_their_owners_and_superusers(author: User, reviewer: Client, editor: Client) -> None:
    address = f"/studio/generate/{job(author).pk}/"

    assert reviewer.get(address).status_code == 404
    assert reviewer.get(address, {"format": "json"}).status_code == 404
    for step in ("step/", "rate/", "write/", "vary/"):
        assert reviewer.post(f"{address}{step}", {"do": "stop"}).status_code == 404
    assert editor.get(address).status_code == 200


def test_a_page_takes_the_same_few_queries_whatever_was_called(
    writer: Client, author: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    written = job(author, status="succeeded")
    for number in range(1, 30):
        call(written, number)
    page(writer, written.pk)

    with django_assert_max_num_queries(12):
        page(writer, written.pk)
