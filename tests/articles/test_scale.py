"""Every list with many articles on PostgreSQL: few queries, and an index for each that reads articles.

The project runs in a process of its own, as the search index follows the default database.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omniwriter.stack import postgres
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running
from tests.fixtures.servers import new_database

ROOT = Path(__file__).resolve().parent.parent.parent
ARTICLES = 4_000  # enough for the planner to prefer an index wherever one serves
MOST_QUERIES = 12
PAGES = [
    "public_list", "category", "tag", "author", "search_rare", "search_common", "popular", "feed", "sitemap",
    "api_list", "api_search", "api_popular", "admin_list", "admin_page_9", "admin_status", "admin_category",
    "admin_author", "admin_origin", "admin_search_rare", "admin_search_common", "studio_home", "studio_queue",
    "studio_calendar",
]  # fmt: skip

#: The first of them makes the articles, which takes a busy machine minutes.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def explained(postgres_server: Running, tree: Tree) -> Iterator[dict[str, Any]]:
    """What each list asks of PostgreSQL and how that answers, by the list's name."""
    with new_database(postgres_server.service) as name:
        url = postgres.postgres_url(postgres_server.service, name)
        command = [sys.executable, "-m", "benchmarks.sites.articles", url, str(ARTICLES)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", PAGES)
def test_a_list_takes_few_queries_and_reads_articles_by_an_index(explained: dict[str, Any], name: str) -> None:
    page = explained[name]

    assert "error" not in page, page
    assert len(page["queries"]) <= MOST_QUERIES, page["queries"]
    for read in page["plans"]:
        scans = [node for node in nodes(read["plan"]) if node["Node Type"] == "Seq Scan"]
        assert "articles_article" not in {node["Relation Name"] for node in scans}, read


def test_no_list_is_left_out(explained: dict[str, Any]) -> None:
    assert set(explained) == set(PAGES)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)
