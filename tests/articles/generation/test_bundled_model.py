"""The bundled model itself writes an article that can be read, through the runner and its real server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from articles.content import count_words
from articles.enums import Origin, Status
from articles.generation.repetition import LoopGuard
from articles.generation.runner import job_run
from articles.models import GenerationJob
from articles.providers import endpoints


@pytest.fixture
def _bundled(settings: Any, model_endpoint: dict[str, Any]) -> None:
    settings.LLM_ENDPOINTS = [model_endpoint]
    settings.REDIS_URL = ""
    endpoints.endpoints_forget()


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("_bundled", "transactional_db")
def test_the_bundled_model_writes_an_article_that_can_be_read(make_job: Callable[..., GenerationJob]) -> None:
    job = make_job(parameters={"title": "How to start a small vegetable garden", "words": 500, "tone": "neutral"})
    job_run(job.pk)
    job.refresh_from_db()
    article = job.article
    assert (article.status, article.origin) == (Status.DRAFT, Origin.AI)
    assert article.title == "How to start a small vegetable garden"
    assert count_words(article.body) >= 300
    sections = re.split(r"^## .+$", article.body, flags=re.MULTILINE)[1:]
    assert len(sections) >= 4
    for section in sections:
        assert LoopGuard()(section + "\n") is None
        assert section.rstrip()[-1] in ".!?\"'*:)"
    assert "garden" in article.body.lower()
    assert not re.search(r"expert writer|Give facts|\"titles\"|<\||hens", article.body)
    assert article.excerpt
