"""Generation jobs that nobody works on yet, and each kind of place for their streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from articles.enums import GenerationKind
from articles.models import GenerationJob

MakeJob = Callable[..., GenerationJob]


@pytest.fixture
def make_job(author: User) -> MakeJob:
    """Store a job as ``job_start`` would."""

    def make(kind: GenerationKind = GenerationKind.ARTICLE, **fields: Any) -> GenerationJob:
        given = {"owner": author, "parameters": {"title": "Compost", "words": 300}, **fields}
        return GenerationJob.objects.create(kind=kind, **given)

    return make


@pytest.fixture(params=["memory", "valkey"])
def kept(request: pytest.FixtureRequest, settings: Any) -> str:
    """Each kind of tape, empty."""
    settings.REDIS_URL = request.getfixturevalue("valkey_url") if request.param == "valkey" else ""
    return request.param
