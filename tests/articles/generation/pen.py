"""A pen that records: what a writer asks, keeps and says, answered from a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from articles.generation.writers import Guard, Seen, Written
from articles.models import GenerationJob
from articles.providers.base import ChatRequest

Answer = str | Callable[[ChatRequest], str]


class Gone(Exception):
    """The runner lost the job."""


@dataclass
class RecordingPen:
    """Answers each purpose from its list, the last answer again and again; ``gone_after`` writes it raises."""

    job: GenerationJob
    answers: dict[str, list[Answer]]
    gone_after: int | None = None
    finish: str = "stop"
    requests: list[tuple[str, ChatRequest]] = field(default_factory=list)
    sections: dict[int, str] = field(default_factory=dict)
    stages: list[tuple[str, int]] = field(default_factory=list)
    outlines: list[list[str]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    kept: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def stage(self, stage: str, *, section: int = 0, sections: int = 0, title: str = "") -> None:
        self.stages.append((stage, section))

    def outline(self, titles: list[str]) -> None:
        if self.outlines[-1:] != [titles]:
            self.outlines.append(list(titles))

    def ask(self, request: ChatRequest, *, purpose: str, seen: Seen | None = None) -> str:
        text = self._answer(request, purpose)
        for end in range(0, len(text) + 5, 5) if seen is not None else ():
            seen(text[:end])
        return text

    def write(self, request: ChatRequest, *, purpose: str, section: int = 1, guard: Guard | None = None) -> Written:
        if self.gone_after is not None and len(self.asked(purpose)) >= self.gone_after:
            raise Gone
        text = self._answer(request, purpose)
        for end in range(0, len(text) + 5, 5):
            if guard is not None and (cut := guard(text[:end])) is not None:
                self.sections[section] = text[:cut]
                return Written(text[:cut], "cut")
        self.sections[section] = text
        return Written(text, self.finish)

    def trim(self, section: int, text: str) -> None:
        self.sections[section] = text

    def note(self, code: str, **values: Any) -> None:
        self.notes.append({"code": code, **values})

    def keep(self, state: dict[str, Any], text: str) -> None:
        self.job.state = {**state}
        self.kept.append(({**state, "sections": [*state.get("sections", [])]}, text))

    def asked(self, purpose: str) -> list[ChatRequest]:
        """The requests of one purpose."""
        return [request for name, request in self.requests if name == purpose]

    def codes(self) -> Iterable[str]:
        """The notes' codes."""
        return [note["code"] for note in self.notes]

    def _answer(self, request: ChatRequest, purpose: str) -> str:
        answers = self.answers[purpose]
        answer = answers[min(len(self.asked(purpose)), len(answers) - 1)]
        self.requests.append((purpose, request))
        return answer(request) if callable(answer) else answer
