"""The JSON API's documents about texts written by a language model, as OpenAPI shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import BaseModel, ConfigDict, StringConstraints

from articles.api.schemas import SLUG, TEXT
from articles.enums import CallOutcome, GenerationKind, GenerationStatus, Language
from articles.generation import choices
from articles.limits import MAX_SLUG_CHARS

_TONES = "|".join(choices.TONES)
_MAX_VARIABLES, _MAX_VALUE_CHARS = 30, 2_000
Keyword = Annotated[str, StringConstraints(max_length=choices.MAX_KEYWORD_CHARS, pattern=TEXT)]
SectionTitle = Annotated[str, StringConstraints(max_length=choices.MAX_SECTION_CHARS, pattern=TEXT)]
VariableName = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
Value = Annotated[str, StringConstraints(max_length=_MAX_VALUE_CHARS, pattern=TEXT)]


class GenerateIn(Schema):
    """What is to be written: a title or a brief, or both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"title": "Composting on a balcony", "words": 400, "tone": "friendly", "audience": "beginners"}
        },
    )

    kind: Literal["article", "outline"] = "article"
    title: str = Field("", max_length=choices.MAX_TITLE, pattern=TEXT)
    brief: str = Field("", max_length=choices.MAX_BRIEF_CHARS, pattern=TEXT, description="What it says.")
    prompt: str = Field("", max_length=choices.MAX_BRIEF_CHARS, pattern=TEXT, description="Another name of brief.")
    tone: str = Field(choices.DEFAULT_TONE, pattern=f"^({_TONES})$", description=_TONES.replace("|", ", "))
    words: int | None = Field(
        None, ge=choices.MIN_WORDS, le=choices.MAX_WORDS,
        description=f"About how long. Left out: {choices.DEFAULT_WORDS}.",
    )  # fmt: skip
    max_length: int | None = Field(
        None, ge=choices.MIN_WORDS, le=choices.MAX_WORDS, description="Another name of words."
    )
    language: Language = Language.ENGLISH
    audience: str = Field("", max_length=choices.MAX_AUDIENCE_CHARS, pattern=TEXT)
    keywords: list[Keyword] = Field(default_factory=list, max_length=choices.MAX_KEYWORDS)
    outline: list[SectionTitle] = Field(
        default_factory=list, max_length=choices.MAX_SECTIONS,
        description="The titles of the sections. Left out: the model proposes them.",
    )  # fmt: skip
    category: str | None = Field(None, max_length=MAX_SLUG_CHARS, pattern=SLUG, description="A category's slug.")
    template: str = Field("", max_length=100, pattern=TEXT, description="A prompt template's name.")
    variables: dict[VariableName, Value] = Field(
        default_factory=dict, max_length=_MAX_VARIABLES, description="Values of the template's own variables."
    )
    model: str = Field("", max_length=60, pattern=TEXT, description="The name of a connected model. Left out: any.")


class Links(Schema):
    """Where more of a job is, as whole URLs."""

    job: str
    websocket: str = Field(description="Each event as it happens; see docs/websocket.md.")
    events: str = Field(description="The same as server-sent events.")
    editor: str | None = Field(description="The draft that was made, in the studio.")


class Position(Schema):
    """Where a job waits."""

    place: int
    of: int
    estimate_s: float | None = Field(description="About so long until it begins.")


class JobItem(Schema):
    """A job in a list."""

    id: int
    kind: GenerationKind
    status: GenerationStatus
    subject: str = Field(description="The first words of its title or brief.")
    language: Language
    topic: str = Field(description="The name of its events on the websocket.")
    article_id: int | None = Field(description="The draft that was made.")
    batch_id: int | None
    endpoint: str = Field(description="The provider that answered last.")
    model: str = Field(description="The model that answered last.")
    created_at: datetime = Field(description="UTC.")
    started_at: datetime | None = Field(description="UTC.")
    finished_at: datetime | None = Field(description="UTC.")
    urls: Links


class Part(Schema):
    """A section of the text."""

    number: int
    title: str
    text: str = Field(description="Markdown.")


class Call(Schema):
    """A call of a provider that a job took."""

    number: int
    purpose: str
    section: int
    endpoint: str
    model: str
    outcome: CallOutcome
    error: str
    status_code: int | None
    retry_after_s: float | None
    tokens_in: int
    tokens_out: int
    is_estimate: bool = Field(description="The provider did not count the tokens.")
    cost: str | None = Field(description="US$.")
    first_token_ms: int | None
    duration_ms: int | None
    started_at: datetime = Field(description="UTC.")


class JobError(Schema):
    """Why a job failed."""

    code: str
    message: str


class JobOut(JobItem):
    """A job with all there is of it by now."""

    outline: list[str]
    sections: list[Part]
    text: str = Field(description="Markdown; while it is written, as far as it is.")
    words: int
    stage: str = Field(description="What is being written.")
    section: int = Field(description="The section that is being written, from 1.")
    position: Position | None = Field(description="While nobody works on it.")
    waits_for: str
    not_before: datetime | None = Field(description="UTC.")
    notes: list[dict[str, Any]] = Field(description="What to know of the text, as codes with a message.")
    error: JobError | None
    result: dict[str, Any]
    calls: list[Call]
    tokens_in: int
    tokens_out: int
    cost: str = Field(description="US$.")
    trace_id: str


class JobList(Schema):
    """A page of jobs, newest first."""

    items: list[JobItem]
    next_cursor: str | None = Field(description="Send it as cursor to get the page after this one; null: the last.")


class JobListQuery(BaseModel):
    """What the list can be asked for."""

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=20, description="next_cursor of the page before.")
    status: GenerationStatus | None = None
    kind: GenerationKind | None = None
