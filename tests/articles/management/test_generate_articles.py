"""``manage.py generate_articles``: what is started and told, and with which code it ends."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from articles.enums import BudgetScope, GenerationKind
from articles.generation import writers
from articles.generation.batches import batch_advance
from articles.management import batch_following
from articles.models import Article, Budget, Category, GenerationBatch, GenerationJob
from tests.fixtures.site import using_broker
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, transactional_db: None, author: User) -> None:
    """A writer that takes no time, and a command that looks often."""
    place = "tests.articles.generation.batching.QuickWriter"
    monkeypatch.setitem(writers.WRITERS, GenerationKind.ARTICLE, place)
    monkeypatch.setattr(batch_following, "POLL_S", 0.02)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of rows."""

    def write(text: str, name: str = "topics.txt", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


Write = Callable[..., Path]


def generated(*args: object, **options: Any) -> tuple[int, str]:
    """Run the command for Clarice; return its exit code and what it wrote."""
    out, code = io.StringIO(), 0
    given = {"owner": "clarice", **options} if "resume" not in options else options
    try:
        call_command("generate_articles", *map(str, args), stdout=out, **given)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue()


def test_each_topic_becomes_a_draft_of_the_owners(file: Write) -> None:
    code, said = generated(file("On lamps\nOn chairs\nOn doors\n"))

    assert code == 0
    assert "3 articles, 0 rows left out" in said
    assert "3 written." in said
    assert set(Article.objects.values_list("title", "status", "author__username")) == {
        ("On lamps", "draft", "clarice"),
        ("On chairs", "draft", "clarice"),
        ("On doors", "draft", "clarice"),
    }


def test_rows_with_faults_are_told_and_left_out_and_the_code_says_so(file: Write) -> None:
    rows = file("title,words\nOn lamps,600\nOn chairs,5\nOn doors,300\n", "rows.csv")

    code, said = generated(rows)

    assert code == 1
    assert "row 2: words: Give a number of words between 100 and 3000." in said
    assert Article.objects.count() == 2
    assert GenerationBatch.objects.get().refused[0]["row"] == 2


def test_a_dry_run_stores_nothing(file: Write) -> None:
    code, said = generated(file("On lamps\nOn lamps\n"), dry_run=True)

    assert code == 0
    assert "2 articles, 0 rows left out" in said
    assert "1 rows say what an earlier row says." in said
    assert not GenerationBatch.objects.exists()


def test_latin_1_is_said(file: Write) -> None:
    _code, said = generated(file("Ação\n", encoding="latin-1"), dry_run=True)

    assert "This file is Latin-1, not UTF-8; it was read as such." in said


def test_what_failed_is_told_and_tried_again_on_request(file: Write) -> None:
    code, said = generated(file("On lamps\nRefused\n"))

    batch = GenerationBatch.objects.get()
    assert code == 1
    assert "row 2: Refused: The provider’s moderation refused the wish." in said
    assert "(Not that.)" in said
    assert f"--resume {batch.pk} --retry-failed" in said

    GenerationJob.objects.filter(row=2).update(parameters={"title": "On chairs"})
    code, said = generated(resume=batch.pk, retry_failed=True)
    assert (code, "2 written." in said) == (0, True)


def test_json_is_a_line_for_each_thing_that_happens(file: Write) -> None:
    code, said = generated(file("On lamps\nRefused\n"), json=True)

    lines = [json.loads(line) for line in said.splitlines()]
    rows = {line["row"]: line for line in lines if line["type"] == "row"}
    assert code == 1
    assert rows[1] == {
        "type": "row", "row": 1, "job": GenerationJob.objects.get(row=1).pk, "status": "succeeded",
        "title": "On lamps", "article": Article.objects.get().pk, "error": None,
    }  # fmt: skip
    assert rows[2]["error"]["code"] == "refused"
    assert [line for line in lines if line["type"] == "end"][-1]["succeeded"] == 1


def interrupting(monkeypatch: pytest.MonkeyPatch, *, looks: int) -> None:
    """Press Ctrl-C in the middle of the command's so-manieth look."""
    left = iter(range(looks - 1))

    def advance(batch_id: int) -> int:
        if next(left, None) is None:
            signal.raise_signal(signal.SIGINT)
        return batch_advance(batch_id)

    monkeypatch.setattr(batch_following, "batch_advance", advance)


def test_ctrl_c_pauses_the_batch_and_it_is_resumed(file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        interrupting(patch, looks=1)
        code, said = generated(file("".join(f"Topic {number}\n" for number in range(40))))

    batch = GenerationBatch.objects.get()
    assert (code, batch.status) == (130, "paused")
    assert f"--resume {batch.pk}" in said
    assert GenerationJob.objects.filter(status="succeeded").count() < 40

    code, said = generated(resume=batch.pk)
    assert (code, Article.objects.count()) == (0, 40)


def test_it_need_not_be_waited_for(file: Write) -> None:
    code, said = generated(file("On lamps\n"), no_wait=True)

    assert code == 0
    assert "--resume" in said
    eventually(lambda: GenerationBatch.objects.get().finished_at)


def test_it_says_so_when_nobody_takes_the_work(
    file: Write, settings: Settings, monkeypatch: pytest.MonkeyPatch, valkey_url: str
) -> None:
    monkeypatch.setattr(batch_following, "NOBODY_AFTER_S", 0.0)
    interrupting(monkeypatch, looks=3)
    with using_broker(valkey_url):
        settings.CELERY_TASK_ALWAYS_EAGER = False
        code, said = generated(file("On lamps\n"))

    assert code == 130
    assert said.count("No writer worker seems to be running.") == 1


def test_rows_go_into_the_category_that_is_named(file: Write) -> None:
    Category.objects.create(name="Light", slug="light")

    generated(file("On lamps\n"), category="light")
    assert GenerationJob.objects.get().parameters["category_id"] == Category.objects.get().pk


@pytest.mark.parametrize(
    ("text", "name", "options", "says"),
    [
        ("x\n", "topics.txt", {"owner": "nobody"}, "no active account 'nobody'"),
        ("x\n", "topics.txt", {"owner": ""}, "--owner"),
        ("x\n", "topics.txt", {"category": "dark"}, "There are: none yet."),
        ("x\n", "rows.xlsx", {}, r"Give a \.txt"),
        ("", "topics.txt", {}, "no row"),
        ("title,words\nx,5\n", "rows.csv", {}, "No row can be written"),
        ("x\n", "topics.txt", {"resume": 99}, "no batch 99"),
    ],
)
def test_what_cant_be_started_is_told_with_the_code_of_wrong_use(
    file: Write, text: str, name: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(CommandError, match=says) as refusal:
        generated(file(text, name), **options)
    assert refusal.value.returncode in (1, 2)
    assert not GenerationBatch.objects.exists()


def test_a_budget_that_is_used_up_starts_nothing(file: Write) -> None:
    Budget.objects.create(scope=BudgetScope.EACH, jobs_per_day=1)

    with pytest.raises(CommandError, match="Nothing was started"):
        generated(file("On lamps\nOn chairs\n"))
    assert not GenerationJob.objects.exists()


def test_the_help_teaches_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("generate_articles", "--help")
    assert "manage.py generate_articles topics.txt --owner ana --dry-run\n" in capsys.readouterr().out
