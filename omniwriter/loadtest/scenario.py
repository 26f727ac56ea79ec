"""What users of Omni Writer do in a load test, with what is made for it and taken away again.

``ArticlesScenario`` is the project's own: people who are logged in list, search, create and have articles written,
three to two to one to one. ``ReadersScenario`` is the public site's: nobody is logged in.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.conf import settings
from django.contrib.auth.models import Group
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from articles.models import Article
from articles.providers.endpoints import KEPT_S
from articles.services.reserving import endpoint_reserve
from articles.throttles import grant
from omniwriter.loadtest.names import TERMS, slug_of
from omniwriter.loadtest.provider import MODEL, Provider
from omniwriter.loadtest.removal import run_clear
from omniwriter.loadtest.seeding import (
    Login,
    accounts_make,
    articles_seed,
    category_make,
    group_make,
)
from perfmon.loadtest.plans import Action, Session
from perfmon.loadtest.scenarios import Cast, Place
from perfmon.loadtest.sessions import login

ACCOUNTS = 10
AT_ONCE = 4  # logins: the site computes a slow hash for each
CHECK_PATH = "/api/auth/tokens"  # of an account's own
#: So many times as often as others may a run's account call, for so long; ``remove`` takes it back.
GRANT_TIMES, GRANT_S = 1_000, 86_400
MOST_SLUGS = 50
KNOWN_AFTER_S = KEPT_S + 0.5  # then every writer knows the accounts' own provider

BODY = (
    "A load test writes this article to see how many the site can take at once.\n\n"
    "It has two paragraphs, a *word* with weight, and [a link](https://example.org/), as articles have.\n"
)


def document_actions(run: int) -> tuple[Action, ...]:
    """Return the mix of the architecture document: lists 3, searches 2, articles created 1 and generated 1."""
    return (
        Action("GET /api/articles", "/api/articles", weight=3, needs_session=True),
        Action(
            "GET /api/articles/search", "/api/articles/search?q={term}", weight=2, needs_session=True,
            choices={"term": list(TERMS)},
        ),
        Action(
            "POST /api/articles", "/api/articles", "POST", expects=(201,), needs_session=True,
            body={"title": "Load test article {n}", "content": BODY, "category": slug_of(run)},
        ),
        Action(
            "POST /api/generate", "/api/generate", "POST", expects=(202,), needs_session=True,
            body={
                "title": "Artificial intelligence, part {n}", "max_length": 1000,
                "prompt": "Write an article about artificial intelligence",
            },
        ),
    )  # fmt: skip


class ArticlesScenario:
    """The architecture document's users. What they have written is written by a provider that this process runs."""

    def __init__(self) -> None:
        self._provider: Provider | None = None

    def prepare(self, place: Place) -> Cast:
        """Make accounts, articles and a provider of their own, and log everybody in; raises ScenarioError."""
        run_clear(place.run)  # what an attempt that was broken off has left
        group = group_make(place.run)
        self._connect_provider(place.run, group)
        known_s = time.monotonic() + KNOWN_AFTER_S
        logins = accounts_make(place.run, group, ACCOUNTS)
        users = [one.user for one in logins]
        seeded = articles_seed(place.run, users, category_make(place.run))
        place.say(_("%(accounts)d accounts and %(articles)d articles made.") % {
            "accounts": len(users), "articles": seeded,
        })  # fmt: skip
        grant([user.pk for user in users], times=GRANT_TIMES, seconds=GRANT_S)
        sessions = _sessions(place.host, logins)
        place.say(_("%(accounts)d accounts logged in.") % {"accounts": len(sessions)})
        time.sleep(max(0.0, known_s - time.monotonic()))  # before, a writer might ask a model that costs something
        return Cast(document_actions(place.run), tuple(sessions))

    def _connect_provider(self, run: int, group: Group) -> None:
        """Start a provider and have it answer the group, and nobody else."""
        self._provider = made = Provider(tag=slug_of(run))
        made.start()
        endpoint_reserve(name=slug_of(run), group=group, base_url=made.url, key=made.key, model=MODEL)

    def remove(self, run: int) -> None:
        """Remove all that run made, whoever prepared it, and stop the provider if this did."""
        try:
            run_clear(run)
        finally:
            if self._provider is not None:
                self._provider.stop()
                self._provider = None


class ReadersScenario:
    """Readers of the public site: half of what they ask for are articles, the rest the list and the search."""

    def prepare(self, place: Place) -> Cast:
        """Publish articles where there are few, and choose those that are read."""
        run_clear(place.run)
        logins = accounts_make(place.run, group_make(place.run), 1)
        seeded = articles_seed(place.run, [one.user for one in logins], category_make(place.run))
        place.say(_("%(articles)d articles made.") % {"articles": seeded})
        slugs = Article.objects.published().newest_first().values_list("slug", flat=True)[:MOST_SLUGS]
        return Cast((
            Action("GET /articles/<slug>/", "/articles/{slug}/", weight=5, choices={"slug": list(slugs)}),
            Action("GET /en/", "/en/", weight=4),
            Action("GET /en/search/", "/en/search/?q={term}", choices={"term": list(TERMS)}),
        ))  # fmt: skip

    def remove(self, run: int) -> None:
        """Remove all that run made."""
        run_clear(run)


def _sessions(host: str, logins: Sequence[Login]) -> list[Session]:
    """Log all in, some at a time; the first that fails ends it, with its reason."""
    path = resolve_url(settings.LOGIN_URL)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Each in this thread's context: perfmon counts nothing of what a load test does itself.
        asked = [
            pool.submit(copy_context().run, login, host, path, one.user.username, one.password, CHECK_PATH)
            for one in logins
        ]
        try:
            return [one.result() for one in asked]
        finally:
            for one in asked:
                one.cancel()
