"""Many articles made by copying those that are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure import ROOT

PROGRAM = """
import json, sys
from pathlib import Path

import pytest
from benchmarks.sites import articles as site
site.set_up(Path(sys.argv[1]))
from django.db import connection
from articles.models import Article
from articles.search.upkeep import index_counts
from benchmarks.sites.corpus import multiply
site.fill(30, print)
multiply(60, print)
multiply(90, print)  # as after an interruption
multiply(90, print)
counts = index_counts()
with connection.cursor() as cursor:
    cursor.execute("PRAGMA foreign_key_check")
    broken = cursor.fetchall()
    cursor.execute("SELECT count(*) FROM modelsearch_indexentry_fts WHERE modelsearch_indexentry_fts MATCH 'a'")
    found = cursor.fetchone()[0]
first, copy = (Article.objects.prefetch_related("tags").get(pk=pk) for pk in (1, 61))
print(json.dumps({
    "articles": Article.objects.count(),
    "published": counts.published, "indexed": counts.indexed, "stale": counts.stale, "broken": broken, "found": found,
    "same_words": first.body == copy.body, "same_tags": list(first.tags.all()) == list(copy.tags.all()),
    "apart_s": (first.created_at - copy.created_at).total_seconds(), "slugs": [first.slug, copy.slug],
}))
"""


def test_copies_are_whole_articles_under_other_slugs_and_dates(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["articles"], told["indexed"], told["stale"], told["broken"]) == (90, told["published"], 0, [])
    assert told["published"] % 3 == 0
    assert told["found"] % 3 == 0
    assert told["same_words"]
    assert told["same_tags"]
    assert told["slugs"][1] == f"{told['slugs'][0]}-copy-60"
    assert told["apart_s"] == pytest.approx(60, abs=0.001)  # SQLite writes milliseconds
