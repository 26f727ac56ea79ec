"""Prompt templates in the studio: written with a preview, kept by versions, put away, tried out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.enums import GenerationKind
from articles.generation.prompt_starters import STARTERS
from articles.models import GenerationJob, PromptTemplate
from articles.services.prompts import Wording, prompt_change, prompt_create

ADDRESS = "/studio/prompts/"


@pytest.fixture
def ana(editor: Client) -> User:
    return User.objects.get(username="ana")


@pytest.fixture
def template(ana: User) -> PromptTemplate:
    return prompt_create(
        name="Seasons", wording=Wording("Write about {{ title }} in {{ season }}.", "", {"season": "spring"}), actor=ana
    )


def sent(template: PromptTemplate, **changes: Any) -> dict[str, Any]:
    return {"name": template.name, "description": "", "text": "Write about {{ title }}.", "system": "", "variables": "",
            "number": 1, **changes}  # fmt: skip


def test_an_empty_list_teaches_the_starters_which_come_at_a_click(editor: Client) -> None:
    assert "No prompts yet" in editor.get(ADDRESS).content.decode()
    page = editor.post(f"{ADDRESS}starters/", follow=True).content.decode()
    assert all(starter.name in page for starter in STARTERS)
    editor.post(f"{ADDRESS}starters/")
    assert PromptTemplate.objects.count() == len(STARTERS)


def test_a_template_is_stored_as_version_1(editor: Client) -> None:
    given = {"name": "Notes", "kind": "article", "text": "Keep to {{ brief }}.", "variables": "mood = calm"}
    answer = editor.post(f"{ADDRESS}new/", given, follow=True)
    template = PromptTemplate.objects.get()
    assert answer.redirect_chain[-1][0] == f"{ADDRESS}{template.pk}/"
    assert template.versions.get().variables == {"mood": "calm"}


def test_a_change_is_a_new_version_and_the_old_one_stays(editor: Client, template: PromptTemplate) -> None:
    editor.post(f"{ADDRESS}{template.pk}/", sent(template))
    assert list(template.versions.values_list("number", "text")) == [
        (2, "Write about {{ title }}."), (1, "Write about {{ title }} in {{ season }}."),
    ]  # fmt: skip


def test_what_changes_no_word_makes_no_version(editor: Client, template: PromptTemplate) -> None:
    same = sent(
        template, text="Write about {{ title }} in {{ season }}.", variables="season = spring", description="New"
    )
    editor.post(f"{ADDRESS}{template.pk}/", same)
    template.refresh_from_db()
    assert (template.versions.count(), template.description) == (1, "New")


def test_an_unknown_variable_is_refused_with_the_nearest_known_one(editor: Client, template: PromptTemplate) -> None:
    answer = editor.post(f"{ADDRESS}{template.pk}/", sent(template, text="On {{ titel }}"))
    assert answer.status_code == 422
    assert "no variable “titel”. Did you mean “title”?" in answer.content.decode()
    assert template.versions.count() == 1


def test_somebody_elses_newer_version_is_not_overwritten(editor: Client, template: PromptTemplate, ana: User) -> None:
    prompt_change(
        template_id=template.pk, name="Seasons", description="", wording=Wording("Other words."), number=1, actor=ana
    )
    answer = editor.post(f"{ADDRESS}{template.pk}/", sent(template, text="Mine."))
    assert "Somebody stored version 2 since" in answer.content.decode()
    assert "Mine." in answer.content.decode()
    assert template.versions.count() == 2


def test_the_preview_shows_what_a_model_gets_and_escapes_it(editor: Client) -> None:
    given = {"text": "On {{ title }}: <script>alert(1)</script> {{ pet }}", "variables": 'pet = "a" <b>'}
    answer = editor.post(f"{ADDRESS}preview/", given).json()
    assert answer["is_good"]
    assert "On &quot;Why bees matter to a farm&quot;" in answer["html"]
    assert "&quot;&#x27;a&#x27; &lt;b&gt;&quot;" in answer["html"]
    assert "<script>" not in answer["html"]
    assert not PromptTemplate.objects.exists()


def test_the_preview_says_what_is_wrong(editor: Client) -> None:
    answer = editor.post(f"{ADDRESS}preview/", {"text": "{{ title.x }}"}).json()
    assert not answer["is_good"]
    assert "no dots" in answer["html"]


def test_versions_are_compared_word_by_word(editor: Client, template: PromptTemplate) -> None:
    editor.post(f"{ADDRESS}{template.pk}/", sent(template, text="Write about {{ title }} in winter."))
    page = editor.get(f"{ADDRESS}{template.pk}/versions/").content.decode()
    assert "From version 1 to version 2" in page
    assert "<ins>winter</ins>" in page


def test_ratings_are_counted_by_version(editor: Client, template: PromptTemplate, ana: User) -> None:
    version = template.versions.get()
    for rating in (1, 1, -1, None):
        GenerationJob.objects.create(kind="article", owner=ana, prompt_version=version, rating=rating)
    GenerationJob.objects.create(kind="test", owner=ana, prompt_version=version, rating=-1)
    page = editor.get(f"{ADDRESS}{template.pk}/versions/").content.decode()
    assert "2 good, 1 poor" in page
    assert "4 texts" in editor.get(ADDRESS).content.decode()


def test_a_template_is_put_away_and_comes_back(editor: Client, template: PromptTemplate) -> None:
    editor.post(f"{ADDRESS}{template.pk}/archive/", {"archive": "1"})
    assert "Seasons</a>" not in editor.get(ADDRESS).content.decode()
    assert "Seasons</a>" in editor.get(f"{ADDRESS}?away=1").content.decode()
    editor.post(f"{ADDRESS}{template.pk}/archive/", {"archive": "0"})
    assert "Seasons</a>" in editor.get(ADDRESS).content.decode()


def test_a_writer_changes_no_template_of_others(client: Client, author: User, template: PromptTemplate) -> None:
    client.force_login(author)
    client.post(f"{ADDRESS}{template.pk}/", sent(template))
    client.post(f"{ADDRESS}{template.pk}/archive/", {"archive": "1"})
    template.refresh_from_db()
    assert (template.versions.count(), template.is_archived) == (1, False)


@pytest.mark.django_db
def test_trying_it_starts_a_job_with_the_sample_values(editor: Client, template: PromptTemplate) -> None:
    answer = editor.post(f"{ADDRESS}{template.pk}/test/")
    job = GenerationJob.objects.get()
    assert answer.headers["Location"] == f"/studio/generate/{job.pk}/"
    assert (job.kind, job.prompt_version) == (GenerationKind.TEST, template.versions.get())
    assert job.parameters["variables"] == {"season": "spring"}


def test_an_unknown_template_is_not_found(editor: Client) -> None:
    assert editor.get(f"{ADDRESS}999/").status_code == 404
