"""The JSON API's documents about articles, as OpenAPI shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from articles.enums import Action, GenerationStatus, Language, Origin, RevisionKind, Status
from articles.limits import (
    MAX_BODY_CHARS,
    MAX_EXCERPT_CHARS,
    MAX_NOTE_CHARS,
    MAX_SEO_DESCRIPTION_CHARS,
    MAX_SEO_TITLE_CHARS,
    MAX_SLUG_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TITLE_CHARS,
)
from articles.selectors.search import MAX_DEPTH

SLUG = r"^[-a-zA-Z0-9_]*$"
# What a database can't store: NUL. Lone surrogates never get past the parser.
TEXT = r"^[^\x00]*$"
MAX_ID = 2**63 - 1
TagName = Annotated[str, StringConstraints(max_length=MAX_TAG_CHARS)]


def _in_utc(moment: datetime) -> datetime:
    """Return it in UTC; the last hours of the year 9999 are not in there everywhere."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a moment of the years 1 to 9999 in UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


def _left_out(schema: dict[str, Any]) -> None:
    """Say that any property may be missing: ``fields`` chose others."""
    schema.pop("required", None)


class ArticleItem(Schema):
    """An article in a list. With ``fields`` only what was asked for is there."""

    model_config = ConfigDict(json_schema_extra=_left_out)

    id: int
    title: str
    slug: str
    url: str = Field(description="The path of its page.")
    excerpt: str
    author: str = Field(description="The author's full name; empty when none is known.")
    author_id: int
    language: Language
    category: str | None = Field(description="The category's slug.")
    tags: list[str] = Field(description="The tags' names.")
    origin: Origin = Field(description="Who wrote the text: a person, a person with AI, or AI.")
    words: int
    cover_id: int | None = Field(description="The cover image.")
    status: Status
    published_at: datetime | None = Field(description="UTC.")
    updated_at: datetime = Field(description="When what is shown here was last changed; UTC.")


class SearchItem(ArticleItem):
    """An article that was found."""

    snippet: str = Field(description="Where the words were found: HTML, escaped but for <mark> around them.")


class Cover(Schema):
    """The image that stands for an article."""

    id: int
    alt: str
    width: int
    height: int
    url: str = Field(description="The path of a JPEG of it.")


class ArticleDetail(ArticleItem):
    """An article with its text."""

    content: str = Field(description="Markdown.")
    cover: Cover | None
    seo_title: str
    seo_description: str
    created_at: datetime = Field(description="UTC.")


class ArticleDraft(ArticleDetail):
    """An article as it is being written, and what can be done with it."""

    version: int = Field(description="One more with each change and step.")
    has_changes: bool = Field(description="It is published, and these are changes that readers don't see yet.")
    in_review: bool
    approved: bool = Field(description="This very text is approved: who may edit it may publish it.")
    publish_at: datetime | None = Field(description="When it will be published; UTC.")
    unpublish_at: datetime | None = Field(description="When it will be taken off again; UTC.")
    steps: list[Action] = Field(description="The steps that this caller's account can take now.")


class ArticleList(Schema):
    """A page of articles, newest first."""

    items: list[ArticleItem]
    next_cursor: str | None = Field(description="Send it as cursor to get the page after this one; null: the last.")


class ArticlePopular(Schema):
    """The most read articles, first the most popular."""

    items: list[ArticleItem]


class ArticleFound(Schema):
    """A page of search results, best first."""

    items: list[SearchItem]
    next_offset: int | None = Field(description="Send it as offset to get the page after this one; null: the last.")


class FieldsQuery(BaseModel):
    """What every reading of articles takes; no Schema of ninja's, as its way of reading rows makes a query dearer."""

    fields: str | None = Field(
        None, max_length=300, pattern=r"^[a-z_]+(,[a-z_]+)*$",
        description="Names of the fields to answer with, by commas. Left out: all.",
        json_schema_extra={"example": "id,title,url"},
    )  # fmt: skip


class ArticleListQuery(FieldsQuery):
    """What a list can be asked for."""

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=40, description="next_cursor of the page before.")
    language: Language | None = None
    category: str | None = Field(None, max_length=MAX_SLUG_CHARS, pattern=SLUG, description="A category's slug.")
    tag: str | None = Field(None, max_length=MAX_SLUG_CHARS, pattern=TEXT, description="A tag's slug.")
    author: int | None = Field(None, ge=1, le=MAX_ID, description="An author's id.")
    status: Status | None = Field(
        None,
        description="Other than published: for who is logged in; own articles, or all with the right to view them.",
    )


class PopularQuery(FieldsQuery):
    """What the popular list can be asked for."""

    limit: int = Field(10, ge=1, le=100)
    language: Language | None = None


class SearchQuery(FieldsQuery):
    """What can be searched for."""

    q: str = Field(min_length=1, max_length=200, pattern=TEXT, json_schema_extra={"example": "percentile"})
    limit: int = Field(20, ge=1, le=50)
    offset: int = Field(0, ge=0, lt=MAX_DEPTH)
    language: Language | None = None
    category: str | None = Field(None, max_length=MAX_SLUG_CHARS, pattern=SLUG)
    tag: str | None = Field(None, max_length=MAX_SLUG_CHARS, pattern=TEXT)


class DetailQuery(FieldsQuery):
    """What one article can be asked for."""

    draft: bool = Field(False, description="The text as it is being written, for who may see that.")


class ArticleIn(Schema):
    """A new article. The author is who sends it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"title": "On lamps", "content": "They *glow*.", "language": "en", "tags": ["light"]}
        },
    )

    title: str = Field(min_length=1, max_length=MAX_TITLE_CHARS)
    content: str = Field("", max_length=MAX_BODY_CHARS, description="Markdown.")
    language: Language = Language.ENGLISH
    excerpt: str = Field("", max_length=MAX_EXCERPT_CHARS, description="Empty: the first paragraph's words.")
    slug: str = Field("", max_length=MAX_SLUG_CHARS, pattern=SLUG, description="Empty: made from the title, once.")
    category: str | None = Field(None, max_length=MAX_SLUG_CHARS, description="A category's slug.")
    tags: list[TagName] = Field(default_factory=list, max_length=MAX_TAGS, description="Names; new ones are made.")
    cover_id: int | None = Field(None, ge=1, le=MAX_ID, description="An image of POST /api/images.")
    seo_title: str = Field("", max_length=MAX_SEO_TITLE_CHARS)
    seo_description: str = Field("", max_length=MAX_SEO_DESCRIPTION_CHARS)
    origin: Origin = Origin.HUMAN


def _stays(schema: dict[str, Any]) -> None:
    """Say that what is left out has no default, and show one change."""
    for described in schema["properties"].values():
        described.pop("default", None)
    schema["example"] = {"title": "On lamps and candles"}


class ArticleChange(ArticleIn):
    """What to change; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_stays)

    title: str = Field("", min_length=1, max_length=MAX_TITLE_CHARS)


class ReturnIn(Schema):
    """What the writer should change."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "Name the source, please."}})

    note: str = Field(min_length=1, max_length=MAX_NOTE_CHARS)


class ApproveIn(Schema):
    """A word along with the approval."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "Well told."}})

    note: str = Field("", max_length=MAX_NOTE_CHARS)


class ScheduleIn(Schema):
    """When to publish, and when to take off again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"publish_at": "2030-01-01T09:00:00Z"}})

    publish_at: Moment = Field(description="With its offset.")
    unpublish_at: Moment | None = Field(None, description="With its offset.")


class RevisionItem(Schema):
    """One saved state of an article."""

    id: int
    version: int
    kind: RevisionKind
    name: str
    words: int
    by: str = Field(description="Full name; empty when none is known.")
    created_at: datetime = Field(description="UTC.")


class RevisionList(Schema):
    """A page of revisions, newest first."""

    items: list[RevisionItem]
    next_cursor: str | None = Field(description="Send it as cursor to get the page after this one; null: the last.")


class RevisionQuery(Schema):
    """What the list of revisions can be asked for."""

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=20, description="next_cursor of the page before.")


class FieldProblem(Schema):
    """One field that was refused."""

    field: str
    message: str


class Problem(Schema):
    """An error, as RFC 9457 puts it."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list, description="Each refused field; at most 20.")
    current_version: int | None = Field(None, description="With 412: the version that is there.")
    current: str | None = Field(None, description="With 412: where to read it.")
    status_now: Status | GenerationStatus | None = Field(
        None, description="With 409: where the article or the job is instead."
    )
    code: Literal["jobs", "account", "site"] | None = Field(None, description="With 429: which budget is used up.")
    limit: str | None = Field(None, description="With 429: a budget's jobs a day, or US$ a month.")
    used: str | None = Field(None, description="With 429: how much of the budget is used.")
