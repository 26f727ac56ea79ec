"""The JSON API's documents, as OpenAPI shows them."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema
from pydantic import ConfigDict

from articles.enums import Language, Status
from articles.limits import MAX_BODY_CHARS, MAX_EXCERPT_CHARS, MAX_TITLE_CHARS


class ArticleItem(Schema):
    """An article in a list."""

    id: int
    title: str
    slug: str
    url: str = Field(description="The path of its page.")
    excerpt: str
    author: str = Field(description="The author's full name; empty when none is known.")
    language: Language
    published_at: datetime | None = Field(description="UTC.")
    updated_at: datetime = Field(description="UTC.")


class ArticleDetail(ArticleItem):
    """An article with its text."""

    content: str = Field(description="Markdown.")
    status: Status
    version: int
    created_at: datetime = Field(description="UTC.")


class ArticleList(Schema):
    """A page of published articles, newest first."""

    items: list[ArticleItem]
    next_cursor: str | None = Field(description="Send it as cursor to get the page after this one.")


class ArticleListQuery(Schema):
    """What a list can be asked for."""

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = None
    language: Language | None = None


class ArticleIn(Schema):
    """A new article. The author is who sends it."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=MAX_TITLE_CHARS)
    content: str = Field(max_length=MAX_BODY_CHARS, description="Markdown.")
    language: Language = Language.ENGLISH
    excerpt: str = Field("", max_length=MAX_EXCERPT_CHARS, description="Left out: the first paragraph's words.")


class FieldProblem(Schema):
    """One field that was refused."""

    field: str
    message: str


class Problem(Schema):
    """An error, as RFC 9457 puts it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
