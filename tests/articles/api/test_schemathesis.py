"""The API keeps what its document promises, whatever is sent: schemathesis, in process, all checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from articles.enums import GenerationKind, GenerationStatus
from articles.models import Article, Category, GenerationJob
from articles.services.tokens import token_create
from articles.tokens import Scope

Make = Callable[..., Article]
# The seed is fixed: a run says what the code does, not what chance found today.
SETTINGS = settings(
    max_examples=10, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
CONFIG = {
    "checks": {
        # What is valid by its form may be refused for what there is: a slug taken, no such category, a moment past.
        "positive_data_acceptance": {"enabled": False},
        # If-Match; who may not even ask is told that first.
        "missing_required_header": {"expected-statuses": [401, 428]},
    },
}
#: Articles that are there, in turn with an id that schemathesis made up; and generation jobs.
there: list[int] = []
jobs_there: list[int] = []

api = schemathesis.openapi.from_wsgi(
    "/api/openapi.json", get_wsgi_application(), config=SchemathesisConfig.from_dict(CONFIG)
)


@api.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Send every second call to an article, or a job, that is there."""
    for name, ids in (("article_id", there), ("job_id", jobs_there)):
        made_up = path_parameters.get(name) if isinstance(path_parameters, dict) else None
        if ids and isinstance(made_up, int) and made_up >= 0:  # what is wrong on purpose stays so
            ids.append(ids.pop(0))
            if ids[0] >= 0:
                path_parameters[name] = ids[0]
    return path_parameters


@pytest.fixture(autouse=True)
def world(db: None, settings: Any, draft: Make, published: Make) -> Any:
    """A few articles, and a caller who may ask as often as it likes."""
    settings.API_RATES_PER_MIN = dict.fromkeys(("anonymous", "token", "write", "login", "generate"), 0)
    settings.LLM_ENDPOINTS = [{"name": "bundled", "base_url": "http://127.0.0.1:9/v1", "model": "small"}]
    settings.AXES_ENABLED = False
    Category.objects.create(name="Lamps", slug="lamps")
    there[:] = [published("On lamps").pk, -1, draft("Hidden").pk, -1]
    jobs_there[:] = [_job(status).pk for status in (GenerationStatus.QUEUED, GenerationStatus.FAILED)] + [-1]
    # As Django's own test client does: the test's transaction is on this connection.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    there.clear()
    jobs_there.clear()


def _job(status: GenerationStatus) -> GenerationJob:
    finished = None if status == GenerationStatus.QUEUED else timezone.now()
    owner = User.objects.get_or_create(username="clarice")[0]
    parameters = {"title": "Compost", "words": 300}
    return GenerationJob.objects.create(
        kind=GenerationKind.ARTICLE, owner=owner, parameters=parameters, status=status, finished_at=finished
    )


@pytest.fixture
def token() -> dict[str, str]:
    """What a program sends that may do everything."""
    owner = User.objects.create_superuser("ana")
    return {"Authorization": f"Bearer {token_create(user=owner, scopes=list(Scope))[1]}"}


@api.parametrize()
@SETTINGS
def test_anybody_gets_what_the_document_says(case: Any) -> None:
    case.call_and_validate()


@api.exclude(operation_id="logout").parametrize()
@SETTINGS
def test_a_program_gets_what_the_document_says(case: Any, token: dict[str, str]) -> None:
    is_wrong_on_purpose = "Authorization" in (case.headers or {})
    case.call_and_validate(headers={} if is_wrong_on_purpose else token)
