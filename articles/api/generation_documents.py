"""Generation jobs as the API shows them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from articles.generation.opening import live_view
from articles.generation.viewer_frames import topic_of
from articles.generation.wording import error_words, note_words
from articles.models import GenerationJob

Document = dict[str, Any]
_AS_VIEWED = (
    "outline", "text", "words", "position", "waits_for", "not_before", "result", "calls", "tokens_in", "tokens_out",
    "cost", "trace_id",
)  # fmt: skip


def job_item(request: HttpRequest, job: GenerationJob) -> Document:
    """Return a job as lists have it."""
    return {
        "id": job.pk, "kind": job.kind, "status": job.status, "subject": job.subject, "language": job.language,
        "topic": topic_of(job.pk), "article_id": job.article_id, "batch_id": job.batch_id, "endpoint": job.endpoint,
        "model": job.model, "created_at": job.created_at, "started_at": job.started_at, "finished_at": job.finished_at,
        "urls": _urls(request, job),
    }  # fmt: skip


def job_document(request: HttpRequest, job: GenerationJob) -> Document:
    """Return a job with its text, of an open one with what is being written."""
    view = live_view(job)
    stage, error = view["stage"], view["error"]
    return {
        **job_item(request, job),
        **{name: view[name] for name in _AS_VIEWED},
        "status": view["status"],
        "sections": [{name: part[name] for name in ("number", "title", "text")} for part in view["sections"]],
        "stage": stage["stage"] if job.is_open else "",
        "section": stage["section"] if job.is_open else 0,
        "notes": [{**note, "message": note_words(note)} for note in view["notes"]],
        "error": {"code": error.get("code", ""), "message": error_words(error)} if error else None,
    }


def job_path(job: GenerationJob) -> str:
    """Return where a job is read."""
    return reverse("articles-api:generation_detail", args=[job.pk])


def _urls(request: HttpRequest, job: GenerationJob) -> Document:
    socket = request.build_absolute_uri(f"/ws/studio/generation/{job.pk}/")
    editor = reverse("studio:editor", args=[job.article_id]) if job.article_id else None
    return {
        "job": request.build_absolute_uri(job_path(job)),
        "websocket": "ws" + socket.removeprefix("http"),
        "events": request.build_absolute_uri(reverse("generation_events", args=[job.pk])),
        "editor": request.build_absolute_uri(editor) if editor else None,
    }
