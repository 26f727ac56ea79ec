"""The runner's pen: what writers write with. It keeps the text so far and tells the viewers of every change."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from articles.enums import GenerationStatus
from articles.generation.calling import Question
from articles.generation.events import Event
from articles.generation.leases import Lease
from articles.generation.sections import Section, markdown_of
from articles.generation.stream import Stream
from articles.generation.writers import Guard, Seen, Written
from articles.models import GenerationJob, ProviderCall
from articles.providers.base import ChatRequest, Delta

FLUSH_S = 0.05  # words of so long go into one event
FIGURES_S = 1.0


class RunnerPen:
    """Satisfies ``writers.Pen``."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self.stream = Stream(lease.job.pk, whole=self.snapshot)
        self._sections: list[Section] = [
            {"title": part["title"], "text": part["text"]} for part in lease.job.state.get("sections", [])
        ]
        self._outline: list[str] = list(lease.job.state.get("titles", []))
        self._figures: Event = {}
        self._stage: Event = {"type": "stage", "stage": "", "section": 0, "sections": 0, "title": ""}
        self.stream.append(self.snapshot())

    @property
    def job(self) -> GenerationJob:
        """The job as this runner has it."""
        return self._lease.job

    @property
    def text(self) -> str:
        """All that is written, the section at work with what it has."""
        return markdown_of(self._sections)

    @property
    def sections(self) -> list[Section]:
        """What is written, by section."""
        return self._sections

    def stage(self, stage: str, *, section: int = 0, sections: int = 0, title: str = "") -> None:
        """Say what is being written."""
        self._stage = {"type": "stage", "stage": stage, "section": section, "sections": sections, "title": title}
        if section:
            self._section(section)["title"] = title
        self._lease.write(stage=stage, section=section, sections=sections)
        self.stream.append(self._stage)

    def outline(self, titles: list[str]) -> None:
        """Show the sections that are to come."""
        if titles == self._outline:
            return
        self._outline = list(titles)
        self.stream.append({"type": "outline", "titles": titles})

    def ask(self, request: ChatRequest, *, purpose: str, seen: Seen | None = None) -> str:
        """Return a whole answer that viewers don't see grow."""
        parts: list[str] = []

        def take(delta: Delta) -> bool:
            parts.append(delta.text)
            if seen is not None and delta.text:
                seen("".join(parts))
            return True

        self._question(request, purpose, 0).answer(take)
        return "".join(parts)

    def write(self, request: ChatRequest, *, purpose: str, section: int = 1, guard: Guard | None = None) -> Written:
        """Stream an answer into a section; one that had words is begun anew."""
        if self._section(section)["text"]:
            self.trim(section, "")
        question = self._question(request, purpose, section)
        inflow = _Inflow(self, question, section, guard)
        try:
            question.answer(inflow.take)
        finally:
            inflow.flush()
        if inflow.cut_at is not None:
            self.trim(section, self._section(section)["text"][: inflow.cut_at])
        finish = "cut" if inflow.cut_at is not None else question.finish
        return Written(self._section(section)["text"], finish or "stop")

    def trim(self, section: int, text: str) -> None:
        """Replace a section's words."""
        self._section(section)["text"] = text
        self.stream.append({"type": "trim", "section": section, "text": text})

    def note(self, code: str, **values: Any) -> None:
        """Leave a note for the editor."""
        note = {"code": code, **values}
        self._lease.write(notes=[*self.job.notes, note])
        self.stream.append({"type": "note", **note})

    def keep(self, state: dict[str, Any], text: str) -> None:
        """Store a checkpoint."""
        self._lease.write(state=state, text=text, failures=0)

    def grow(self, section: int, words: str) -> None:
        """Add words to a section and tell the viewers."""
        part = self._section(section)
        at = len(part["text"])
        part["text"] += words
        self.stream.append({"type": "text", "section": section, "at": at, "text": words})

    def begin(self) -> None:
        """Note the first words: the job streams from here on."""
        if self.job.status != GenerationStatus.STREAMING:
            first = {} if self.job.first_words_at else {"first_words_at": timezone.now()}
            self._lease.write(status=GenerationStatus.STREAMING, **first)
            self.stream.append({"type": "status", "status": GenerationStatus.STREAMING.value})

    def figure(self, question: Question, tokens_per_s: float) -> None:
        """Show how fast the call at work is."""
        measured, endpoint = question.measured, question.endpoint
        self._figures = {
            "type": "figures", "tokens": measured.tokens, "tokens_per_s": round(tokens_per_s, 1),
            "first_token_ms": measured.first_token_ms, "endpoint": endpoint.name if endpoint else "",
            "model": measured.model or (endpoint.model if endpoint else ""),
        }  # fmt: skip
        self.stream.append(self._figures)

    def snapshot(self) -> Event:
        """Return the whole of what viewers should know."""
        job = self.job
        return {
            "type": "snapshot", "status": job.status, "sections": [dict(part) for part in self._sections],
            "outline": self._outline, "stage": self._stage, "figures": self._figures, "notes": job.notes,
        }  # fmt: skip

    def _question(self, request: ChatRequest, purpose: str, section: int) -> Question:
        return Question(self._lease, request, purpose=purpose, section=section, settled=self._settled)

    def _settled(self, call: ProviderCall) -> None:
        self._lease.job.endpoint, self._lease.job.model = call.endpoint, call.model
        self.stream.append(
            {
                "type": "call", "number": call.number, "purpose": call.purpose, "endpoint": call.endpoint,
                "outcome": str(call.outcome), "retry_after_s": call.retry_after_s,
            }
        )  # fmt: skip

    def _section(self, number: int) -> Section:
        while len(self._sections) < number:
            self._sections.append({"title": "", "text": ""})
        return self._sections[number - 1]


class _Inflow:
    """Pieces on their way into a section: a few together, watched by the guard."""

    def __init__(self, pen: RunnerPen, question: Question, section: int, guard: Guard | None) -> None:
        self._pen, self._question, self._section, self._guard = pen, question, section, guard
        self._waiting: list[str] = []
        self._flushed_s = self._figured_s = time.monotonic()
        self._tokens_then = 0
        self.cut_at: int | None = None

    def take(self, delta: Delta) -> bool:
        """Take a piece; False once the guard cuts."""
        if delta.text:
            self._pen.begin()
            self._waiting.append(delta.text)
        if time.monotonic() - self._flushed_s >= FLUSH_S:
            self.flush()
            self._figure()
        return self.cut_at is None

    def flush(self) -> None:
        """Bring what waits into the section."""
        self._flushed_s = time.monotonic()
        if not self._waiting:
            return
        words = "".join(self._waiting)
        self._waiting.clear()
        self._pen.grow(self._section, words)
        if self._guard is not None and self.cut_at is None:
            self.cut_at = self._guard(self._pen.sections[self._section - 1]["text"])

    def _figure(self) -> None:
        now_s = time.monotonic()
        if now_s - self._figured_s < FIGURES_S:
            return
        tokens = self._question.measured.tokens
        self._pen.figure(self._question, (tokens - self._tokens_then) / (now_s - self._figured_s))
        self._figured_s, self._tokens_then = now_s, tokens
