"""Whether the regression gate tells a build that is slower from the same one measured again, on this machine.

The project with a thousand articles is measured once as the baseline. Then it is started anew again and again, in turn
as it was and with one route a fifth slower (in processor time, by ``benchmarks.sites.gate``), and each time held
against that baseline as ``manage.py loadtest --compare`` does it, by ``perfmon.loadtest.confirming``. The slowed route
is another one each time. ``BENCHMARK_GATE_RUNS=10`` measures ten builds of each kind.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import ROOT, free_port, say, server
from benchmarks.report import Result
from benchmarks.sites import articles as site
from benchmarks.tables import Section, Table
from omniwriter.stack.valkey import valkey_service, valkey_url
from perfmon.loadtest.comparisons import Comparison
from perfmon.loadtest.confirming import confirmed
from perfmon.loadtest.measuring import measure_all
from perfmon.loadtest.plans import Action, Session
from perfmon.loadtest.rounds import Rounds
from perfmon.trends import Verdict

ARTICLES = 1_000
FOLDER = ROOT / "var" / "benchmark-gate"
SLOWED_SHARE = 0.2
RUNS = 1
CAUGHT_PCT = PASSED_PCT = 90.0
SECTION = Section(
    bound_s=420,
    versions=("uvicorn", "uvloop", "django"),
    tables=(
        Table(
            ("builds", "measured", "right, %", "routes blamed wrongly", "a comparison, s"),
            (
                ("one route a fifth slower", "runs_of_each_kind", "caught_share_pct", "caught_wrongly", "caught_s"),
                ("unchanged", "runs_of_each_kind", "passed_share_pct", "passed_wrongly", "passed_s"),
            ),
        ),
    ),
)
#: A session passes by what is kept for readers without one; the API refuses the other way past caches.
NOBODY = Session({"Cookie": "sessionid=thisisnobodyssession"})


def run(quick: bool) -> Result:
    """Measure so many builds of each kind."""
    runs = int(os.environ.get("BENCHMARK_GATE_RUNS", RUNS))
    FOLDER.mkdir(parents=True, exist_ok=True)
    site.set_up(FOLDER)
    site.fill(ARTICLES, say)
    actions = _actions(FOLDER / "omniwriter.sqlite3")
    say("measuring the baseline")
    with _site() as host:
        baseline = _measured(host, actions).and_more(_measured(host, actions))
    caught, passed = Kind(), Kind()
    for number in range(runs):
        slowed = actions[number % len(actions)]
        for kind, path in ((passed, ""), (caught, slowed.path.partition("?")[0])):
            began_s = time.monotonic()
            found = _compared(baseline, actions, path)
            kind.took_s.append(time.monotonic() - began_s)
            kind.count(_worse(found), slowed.name if path else "")
            say(f"{number + 1} of {runs}, {path or 'unchanged'}: {_said(found)}, {kind.took_s[-1]:.0f} s")
    return _result(caught, passed, baseline)


@dataclass
class Kind:
    """Builds of one kind: whether each was judged rightly, and how long that took."""

    right: list[bool] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    wrongly: int = 0  # routes that were blamed and had not become slower

    def count(self, blamed: list[str], slowed: str) -> None:
        """Count a build: it is right to blame the slowed route, or nothing where none was."""
        self.right.append(slowed in blamed if slowed else not blamed)
        self.wrongly += len(set(blamed) - {slowed})

    @property
    def right_pct(self) -> float:
        """The share that was judged rightly."""
        return 100 * sum(self.right) / len(self.right)


def _result(caught: Kind, passed: Kind, baseline: Rounds) -> Result:
    result = Result("gate")
    result.metrics |= {
        "runs_of_each_kind": len(caught.right), "routes": len(baseline.names), "baseline_rounds": baseline.count,
        "caught_share_pct": caught.right_pct, "caught_wrongly": caught.wrongly,
        "caught_s": statistics.median(caught.took_s), "passed_share_pct": passed.right_pct,
        "passed_wrongly": passed.wrongly, "passed_s": statistics.median(passed.took_s),
    }  # fmt: skip
    says = "builds with one route a fifth slower: that route blamed"
    result.at_least("caught_pct", caught.right_pct, CAUGHT_PCT, says)
    result.at_least("passed_pct", passed.right_pct, PASSED_PCT, "unchanged builds: nothing blamed")
    return result


def _worse(found: Comparison) -> list[str]:
    return [one.name for one in found.actions if one.verdict == Verdict.WORSE]


def _said(found: Comparison) -> str:
    told = [f"{one.name} {one.figures[0].change:+.1f} %" for one in found.actions if one.verdict == Verdict.WORSE]
    return ", ".join(told) or "nothing slower"


def _compared(baseline: Rounds, actions: list[Action], slowed: str) -> Comparison:
    with _site(f"{slowed} {SLOWED_SHARE}") as host:
        return confirmed(lambda: [_measured(host, actions)], baseline)[1]


def _measured(host: str, actions: list[Action]) -> Rounds:
    return measure_all([host], "", actions, [NOBODY])[0]


def _actions(database: Path) -> list[Action]:
    """Return pages and answers of the API, of a millisecond and of many."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        found = "SELECT id, slug FROM articles_article WHERE status = 'published' ORDER BY id LIMIT 1"
        number, slug = connection.execute(found).fetchone()
    paths = [
        "/en/", "/api/articles", f"/articles/{slug}/", "/en/categories/technology/", "/api/articles/search?q=telescope",
        "/en/search/?q=telescope", "/en/feed.atom", f"/api/articles/{number}", "/en/popular/", "/en/tags/guides/",
    ]  # fmt: skip
    return [Action(f"GET {path}", path) for path in paths]


@contextlib.contextmanager
def _site(slowed: str = "") -> Iterator[str]:
    """Start the project with caches, as people do; yields its address."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        port, valkey_port = free_port(), free_port()
        service = valkey_service(Path(folder) / "valkey", port=valkey_port, persistent=False)
        stack.enter_context(server(list(service.command), valkey_port))
        env = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.sites.gate", "OMNI_VAR_DIR": str(FOLDER), "DATABASE_URL": "",
            "REDIS_URL": valkey_url(service), "OMNI_CACHE": "true", "OMNI_PERFMON": "true", "OMNI_LOG_LEVEL": "ERROR",
            "OMNI_API_RATES": "anonymous=0", "OMNI_SERVER_TIMING": "true", "BENCHMARK_SLOW": slowed,
        }  # fmt: skip
        command = [
            *(sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(port), "--loop", "uvloop"),
            *("--http", "omniwriter.bridge.protocol:PatientProtocol", "--no-access-log", "--log-level", "error"),
        ]
        stack.enter_context(server(command, port, env=env))
        yield f"http://127.0.0.1:{port}"
