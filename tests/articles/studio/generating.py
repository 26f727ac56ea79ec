"""Jobs and models as the tests of the studio's generation pages want them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from articles.models import GenerationJob, ProviderCall, ProviderEndpoint

TITLES = ["What roasting does", "The drum", "First crack"]
TEXT = "Heat drives out **water** first."
WISH = {
    "title": "How coffee is roasted", "brief": "Green beans, the drum.", "tone": "neutral", "words": 500,
    "audience": "beginners", "keywords": ["coffee", "roasting"], "category_id": None,
}  # fmt: skip


def model(name: str = "small", **fields: Any) -> ProviderEndpoint:
    """Connect a model, which writes English only unless told otherwise."""
    given = {"base_url": "https://models.example/v1", "model": f"{name}-1", "languages": ["en"], **fields}
    return ProviderEndpoint.objects.create(name=name, **given)


def job(owner: User, **fields: Any) -> GenerationJob:
    """Store a job that nobody works on; by default it is written to the middle of its second section."""
    now = timezone.now()
    written = [{"title": TITLES[0], "text": TEXT}, {"title": TITLES[1], "text": "The drum tur"}]
    given: dict[str, Any] = {
        "kind": "article", "status": "streaming", "parameters": WISH, "language": "en", "stage": "section",
        "section": 2, "sections": 3, "state": {"titles": TITLES, "sections": written},
        "started_at": now - timedelta(seconds=20), "model": "small-1", **fields,
    }  # fmt: skip
    if given["status"] in ("running", "streaming"):
        given |= {"lease": uuid.uuid4(), "lease_until": now + timedelta(hours=1)}
    elif given["status"] != "queued":
        given = {"finished_at": now, "text": f"## {TITLES[0]}\n\n{TEXT}", **given, "section": 0, "stage": ""}
    return GenerationJob.objects.create(owner=owner, **given)


def call(of: GenerationJob, number: int = 1, **fields: Any) -> ProviderCall:
    """Store a settled call of a job's."""
    now = timezone.now()
    given = {
        "lease": uuid.uuid4(), "owner": of.owner, "purpose": "section", "section": number, "endpoint": "small",
        "model": "small-1", "outcome": "ok", "tokens_in": 300, "tokens_out": 200, "cost": "0.000213",
        "duration_ms": 4300, "started_at": now, "settled_at": now, **fields,
    }  # fmt: skip
    return ProviderCall.objects.create(job=of, number=number, **given)
