"""Every kind of page the project has, by the name of its address and who looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import translation

from tests.pages.world import World

READER = "reader"


@dataclass(frozen=True)
class Kind:
    """One kind of page: the name of its address, what the address is made of, who sees it, its answer."""

    route: str
    who: str = READER
    arguments: Callable[[World], list[Any]] = field(default=lambda world: [])
    query: Callable[[World], str] = field(default=lambda world: "")
    status: int = 200
    language: str = "en"

    def path(self, world: World) -> str:
        """Return the page's address in the world."""
        if self.route.startswith("/"):
            return self.route
        with translation.override(self.language):
            return reverse(self.route, args=self.arguments(world)) + self.query(world)


def _of(name: str) -> Callable[[World], list[Any]]:
    return lambda world: [getattr(world, name).pk]


SITE = (
    Kind("articles:root"),
    Kind("articles:list"),
    Kind("articles:list", language="pt-br"),
    Kind("articles:detail", arguments=lambda world: [world.article.slug]),
    Kind("articles:category", arguments=lambda world: [world.category.slug]),
    Kind("articles:tag", arguments=lambda world: ["lamps"]),
    Kind("articles:author", arguments=lambda world: [world.people["writer"].pk, "writer-lima"]),
    Kind("articles:search", query=lambda world: "?q=lamps"),
    Kind("articles:search", query=lambda world: "?q=nothinglikeit"),
    Kind("articles:popular"),
    Kind("articles:offline"),
    Kind("articles-api:docs"),
    Kind("/no/such/page/", status=404),
    Kind("studio:login"),
)
WRITER = (
    Kind("studio:home", "writer"),
    Kind("studio:new", "writer"),
    Kind("studio:editor", "writer", _of("draft")),
    Kind("studio:editor", "writer", _of("changed")),
    Kind("studio:revisions", "writer", _of("draft")),
    Kind("studio:diff", "writer", _of("draft"), lambda world: f"?from={world.first.pk}&to={world.second.pk}"),
    Kind("studio:images", "writer"),
    Kind("studio:image", "writer", _of("image")),
    Kind("studio:import_check", "writer", lambda world: [world.upload]),
    Kind("studio:export", "writer"),
    Kind("studio:import", "writer"),
    Kind("articles:detail", "writer", lambda world: [world.draft.slug]),
)
GENERATION = (
    Kind("studio:generate", "writer"),
    Kind("studio:generation", "writer", _of("writing")),
    Kind("studio:generation", "writer", _of("stopped")),
    Kind("studio:generation", "writer", _of("outline")),
    Kind("studio:generation_compare", "writer", lambda world: [world.writing.pk, world.stopped.pk]),
    Kind("studio:generations", "writer"),
    Kind("studio:prompts", "writer"),
    Kind("studio:prompt_new", "writer"),
    Kind("studio:prompt", "writer", _of("prompt")),
    Kind("studio:prompt_versions", "writer", _of("prompt")),
    Kind("studio:batches", "writer"),
    Kind("studio:batch_new", "writer"),
    Kind("studio:batch_check", "writer", lambda world: [world.rows], lambda _: "?language=en&tone=neutral&words=500"),
    Kind("studio:batch", "writer", _of("batch")),
    Kind("studio:ledger", "writer"),
    Kind("studio:ledger_calls", "admin"),
)
EDITOR = (
    Kind("studio:queue", "editor"),
    Kind("studio:calendar", "editor"),
    Kind("studio:editor", "editor", _of("scheduled")),
    Kind("studio:jobs", "editor"),
    Kind("studio:job", "editor", _of("job")),
)
OPERATOR = (
    Kind("perfmon:dashboard", "admin"),
    Kind("perfmon:data", "admin"),
    Kind("perfmon:queries", "admin"),
    Kind("perfmon:tasks", "admin"),
    Kind("perfmon:outgoing", "admin"),
    Kind("perfmon:hosts", "admin"),
    Kind("perfmon:alerts", "admin"),
    Kind("perfmon:loadtests", "admin"),
    Kind("perfmon:loadtest", "admin", _of("load")),
    Kind("perfmon:comparison", "admin", _of("load"), lambda world: f"?with={world.earlier_load.pk}"),
)
ADMIN = (
    Kind("admin:articles_article_changelist", "admin"),
    Kind("admin:articles_article_change", "admin", _of("article")),
    Kind("admin:articles_category_changelist", "admin"),
    Kind("admin:articles_generationjob_changelist", "admin"),
    Kind("admin:articles_budget_add", "admin"),
    Kind("admin:articles_providerendpoint_changelist", "admin"),
    Kind("admin:articles_providerendpoint_add", "admin", query=lambda _: "?preset=ollama"),
    Kind("admin:articles_providerendpoint_change", "admin", _of("provider")),
)
EVERY = SITE + WRITER + GENERATION + EDITOR + OPERATOR + ADMIN
