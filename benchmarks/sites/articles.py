"""The project itself with many made-up articles: every list it has, asked through Django's test client."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client

HOST = "localhost"


@dataclass(frozen=True, slots=True)
class Page:
    """A list and who asks for it: a reader, or an editor who is logged in."""

    path: str
    is_desk: bool = False


def set_up(folder: Path, database_url: str = "") -> None:
    """Start the project on a database of its own, with empty tables."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "omniwriter.settings", "OMNI_VAR_DIR": str(folder), "DATABASE_URL": database_url,
        "REDIS_URL": "", "OMNI_CACHE": "false", "OMNI_PERFMON": "false", "OMNI_LOG_LEVEL": "ERROR",
        "OMNI_API_RATES": "anonymous=0,token=0,write=0,login=0",
    }  # fmt: skip
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(count: int, say: Callable[[str], None]) -> None:
    """Make articles up to that number, index them, and tell the database what it holds."""
    from django.core.management import call_command
    from django.db import connection

    from articles.fake.making import fake_count, fake_make
    from articles.search.upkeep import index_counts

    missing = max(0, count - fake_count())
    for done in fake_make(missing):
        if done % 10_000 == 0 or done == missing:
            say(f"{done} of {missing} articles made")
    if not missing and index_counts().indexed == index_counts().published:
        return
    say("building the search index")
    with Path(os.devnull).open("w") as nowhere:
        call_command("search_rebuild", stdout=nowhere)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def pages() -> dict[str, Page]:
    """Return every list, by a name that also stands in the benchmark's figures."""
    from django.contrib.auth import get_user_model
    from django.urls import reverse
    from django.utils.translation import override

    from articles.models import Category, Tag

    author = get_user_model().objects.filter(username__startswith="fake-author-").order_by("pk")[0]
    category, tag = Category.objects.get(slug="technology"), Tag.objects.get(slug="guides")
    with override("en"):
        site = {
            "public_list": reverse("articles:list"),
            "category": reverse("articles:category", args=[category.slug]),
            "tag": reverse("articles:tag", args=[tag.slug]),
            "author": reverse("articles:author", args=[author.pk, "author"]),
            "search_rare": f"{reverse('articles:search')}?q=telescope%20harbour",
            "search_common": f"{reverse('articles:search')}?q=the",
            "popular": reverse("articles:popular"),
            "feed": reverse("articles:feed_atom"),
            "sitemap": reverse("articles:sitemap_section", args=["articles", 1]),
            "api_list": "/api/articles",
            "api_search": "/api/articles/search?q=telescope",
            "api_popular": "/api/articles/popular",
        }
    articles = reverse("admin:articles_article_changelist")
    desk = {
        "admin_list": articles,
        "admin_page_9": f"{articles}?p=9",
        "admin_status": f"{articles}?status__exact=review",
        "admin_category": f"{articles}?category__id__exact={category.pk}",
        "admin_author": f"{articles}?author__id__exact={author.pk}",
        "admin_origin": f"{articles}?origin__exact=ai",
        "admin_search_rare": f"{articles}?q=telescope%20harbour",
        "admin_search_common": f"{articles}?q=the",
        "studio_home": reverse("studio:home"),
        "studio_queue": reverse("studio:queue"),
        "studio_calendar": reverse("studio:calendar"),
    }
    return {name: Page(path) for name, path in site.items()} | {
        name: Page(path, is_desk=True) for name, path in desk.items()
    }


def clients() -> dict[bool, Client]:
    """Return a reader and an editor."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    editor, _made = get_user_model().objects.get_or_create(
        username="editor", defaults={"is_staff": True, "is_superuser": True}
    )
    found = {is_desk: Client(SERVER_NAME=HOST, HTTP_ACCEPT_LANGUAGE="en") for is_desk in (False, True)}
    found[True].force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    return found


def visit(client: Client, page: Page) -> bytes:
    """Ask for the page as its reader does; raises when it is not there or not what it should be."""
    answer = client.get(page.path, follow=True)
    assert answer.status_code == 200, f"{page.path}: {answer.status_code}"
    return b"".join(answer) if answer.streaming else answer.content


def explained(page: Page, client: Client) -> dict[str, Any]:
    """Return how many queries a page takes, and the plan of each that reads articles."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    visit(client, page)  # what is asked once a process
    with CaptureQueriesContext(connection) as captured:
        visit(client, page)
    asked = [query["sql"] for query in captured.captured_queries]
    reading = [sql for sql in asked if sql.lstrip("( ").startswith(("SELECT", "WITH")) and '"articles_article"' in sql]
    with connection.cursor() as cursor:
        plans = []
        for sql in reading:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            plans.append({"sql": sql, "plan": cursor.fetchone()[0][0]["Plan"]})
    return {"queries": asked, "plans": plans}


def main(database_url: str, count: int) -> None:
    """Print as JSON what each page asks of a PostgreSQL database with ``count`` articles, and how it is answered."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder), database_url)
        fill(count, lambda text: None)
        readers = clients()
        found: dict[str, Any] = {}
        for name, page in pages().items():
            try:
                found[name] = explained(page, readers[page.is_desk])
            except Exception as error:
                found[name] = {"error": repr(error)}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
