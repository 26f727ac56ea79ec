"""The one payload of a job: what its page paints first, what the API answers, what a viewer's snapshot holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from articles.content import count_words
from articles.generation.sections import Section, markdown_of
from articles.generation.selectors import calls_of, position_of, totals_of
from articles.models import GenerationJob, ProviderCall
from articles.rendering import render_markdown

View = dict[str, Any]


def job_view(job: GenerationJob, live: View | None = None) -> View:
    """Return everything a viewer is shown; ``live`` is what the job's stream says beyond the row, while it is open.

    Keys: see below. Times are ISO 8601 in UTC, durations in the unit of their name, costs US$ as text.
    """
    live = live or {}
    sections = live.get("sections") or _kept_sections(job)
    text = markdown_of(sections) or job.text
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": live.get("status") or job.status,
        "is_open": job.is_open,
        "subject": job.subject,
        "language": job.language,
        "parameters": job.parameters,
        "outline": live.get("outline") or _outline(job),
        "sections": [_section(number, section) for number, section in enumerate(sections, 1)],
        "text": text,
        "words": count_words(text),
        "stage": live.get("stage") or {"stage": job.stage, "section": job.section, "sections": job.sections},
        "figures": live.get("figures") or {},
        "notes": job.notes,
        "error": job.error,
        "result": job.result,
        "waits_for": job.waits_for,
        "not_before": _moment(job.not_before),
        "position": _position(job),
        "calls": [_call(call) for call in calls_of(job)],
        **_totals(job),
        "endpoint": job.endpoint,
        "model": job.model,
        "article_id": job.article_id,
        "batch_id": job.batch_id,
        "rating": job.rating,
        "trace_id": job.trace_id,
        "created_at": _moment(job.created_at),
        "started_at": _moment(job.started_at),
        "finished_at": _moment(job.finished_at),
        "first_words_ms": _between_ms(job.created_at, job.first_words_at),
        "elapsed_ms": _between_ms(job.started_at, job.finished_at or timezone.now()),
        "urls": _urls(job),
    }


def _kept_sections(job: GenerationJob) -> list[Section]:
    """Return what was written, the section that was being written when it ended included."""
    kept = job.state.get("partial") or job.state.get("sections") or []
    return [{"title": part["title"], "text": part["text"]} for part in kept]


def _outline(job: GenerationJob) -> list[str]:
    titles = job.state.get("titles") or job.parameters.get("outline") or job.result.get("outline") or []
    return [str(title) for title in titles]


def _section(number: int, section: Section) -> View:
    return {
        "number": number, "title": section["title"], "text": section["text"], "html": render_markdown(section["text"]),
    }  # fmt: skip


def _position(job: GenerationJob) -> View | None:
    position = position_of(job)
    return None if position is None else dict(position._asdict())


def _call(call: ProviderCall) -> View:
    return {
        "number": call.number, "purpose": call.purpose, "section": call.section, "endpoint": call.endpoint,
        "model": call.model, "outcome": call.outcome, "error": call.error, "status_code": call.status_code,
        "retry_after_s": call.retry_after_s, "tokens_in": call.tokens_in, "tokens_out": call.tokens_out,
        "is_estimate": call.is_estimate, "cost": None if call.cost is None else str(call.cost),
        "first_token_ms": call.first_token_ms, "duration_ms": call.duration_ms, "started_at": _moment(call.started_at),
    }  # fmt: skip


def _totals(job: GenerationJob) -> View:
    totals = totals_of(job)
    return {"tokens_in": totals["tokens_in"], "tokens_out": totals["tokens_out"], "cost": str(totals["cost"])}


def _urls(job: GenerationJob) -> View:
    urls = {"socket": f"/ws/studio/generation/{job.pk}/", "events": f"/events/generation/{job.pk}"}
    if job.article_id is not None:
        urls["editor"] = reverse("studio:editor", args=[job.article_id])
    return urls


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _between_ms(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else max(0, round((end - start).total_seconds() * 1000))
