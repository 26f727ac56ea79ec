"""The API over 10,000 articles, cached at each level and not at all, beside bare views, DRF and django-ninja.

One uvicorn process a candidate, loaded by ``wrk -t1 -c32`` in turn, round by round, while the others idle; wrk shares
the two cores. Articles that are made once stay in ``var/benchmark-api``; delete the folder to make them anew. The peers
have no throttle, so ours is off (``OMNI_API_RATES``), but for the candidate that shows what it costs.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.api_servers import FOLDER, Running, compare, get, start_servers
from benchmarks.measure import Samples, cpu_seconds, figures, interleaved, median_ratio, ratios, say
from benchmarks.report import Result
from benchmarks.sites import articles as site
from benchmarks.sites.api_loads import LIST, POPULAR, Data
from benchmarks.tables import Section, Table
from benchmarks.wrk import Load, Said, require_wrk, run_wrk

ARTICLES = 10_000
#: Each candidate in words, in the order of the book; what is ours in bold.
SAID = {
    "raw": "list: raw ASGI application, the same bytes",
    "list_edge": "**list: from the edge**",
    "bare": "list: bare view, the same bytes",
    "bare_stock": "list: bare view, the same bytes, stock ASGI deployment",
    "bare_valkey": "list: bare view, one read from Valkey",
    "list_query": "**list: the query's result kept** (a reader with a session)",
    "list_response": "**list: the answer kept** in Valkey",
    "list_response_304": "**list: 304** of the kept answer",
    "list_throttled": "**list: the answer kept**, with the throttle on",
    "list_uncached": "**list: not cached** (`OMNI_CACHE=false`)",
    "list_missed": "**list: missed**, each page asked for once and kept twice",
    "list_stock": "list: ours, not cached, stock ASGI deployment",
    "ninja": "list: django-ninja, one schema",
    "drf": "list: DRF, one serializer",
    "detail_response": "**detail: the answer kept**",
    "detail_uncached": "**detail: not cached**",
    "popular_response": "**popular: the answer kept**",
    "popular_query": "**popular: the query's result kept**",
    "popular_uncached": "**popular: not cached**",
    "search_missed": "**search: cold**, three other words each time",
}
#: These answer so few in a second that they are given two.
SLOW = {"list_stock", "ninja", "drf", "search_missed"}
LIMITS = (
    ("list_edge", "raw", 0.6, "list from the edge to the raw ASGI application"),
    ("list_edge", "list_stock", 20.0, "list from the edge to the stock ASGI deployment"),
    ("list_uncached", "drf", 3.5, "list not cached to DRF"),
    ("list_uncached", "ninja", 2.0, "list not cached to django-ninja"),
    ("list_query", "bare_valkey", 0.8, "list with the query's result kept to a bare view with one Valkey read"),
)
HELD = {name for limit in LIMITS for name in limit[:2]}
SECTION = Section(
    bound_s=330,
    versions=(
        *("Django", "djangorestframework", "django-ninja", "django-redis", "channels"),
        *("uvicorn", "uvloop", "httptools", "Valkey", "SQLite", "wrk"),
    ),
    tables=(
        Table(
            ("", "requests a second", "p50, ms", "p99, ms", "processor time of the server a request, us"),
            tuple(
                (says, f"{name}_per_s", f"{name}_p50_ms", f"{name}_p99_ms", f"{name}_cpu_us")
                for name, says in SAID.items()
            ),
        ),
        Table(("", "%"), (("what the throttle takes of a kept answer's requests a second", "throttle_cost_pct"),)),
    ),
)


def loads(data: Data, etag: str) -> dict[str, Load]:
    """Return every candidate; a session passes by what is kept for readers without one, so it shows the query's.

    What is held to a peer has its turn beside that peer's, as the machine's speed changes within a round.
    """
    session, known = ("Cookie: sessionid=thisisnobodyssession",), (f"If-None-Match: {etag}",)
    return {
        "raw": Load("raw"),
        "bare": Load("bare", "/bare"),
        "bare_stock": Load("bare_stock", "/bare"),
        "bare_valkey": Load("bare", "/valkey"),
        "list_query": Load("inner", LIST, headers=session),
        "drf": Load("lists", "/drf/articles"),
        "ninja": Load("lists", "/ninja/articles"),
        "list_stock": Load("stock", LIST),
        "list_uncached": Load("uncached", LIST),
        "list_missed": Load("inner", paths=data.list_pages()),
        "list_response": Load("inner", LIST),
        "list_response_304": Load("inner", LIST, headers=known),
        "list_throttled": Load("throttled", LIST),
        "list_edge": Load("ours", LIST),
        "detail_uncached": Load("uncached", paths=data.details()),
        "detail_response": Load("inner", f"{LIST}/{data.ids[-1]}"),
        "popular_uncached": Load("uncached", POPULAR),
        "popular_query": Load("inner", POPULAR, headers=session),
        "popular_response": Load("inner", POPULAR),
        "search_missed": Load("inner", paths=data.searches()),
    }


@dataclass
class Turns:
    """What a candidate's runs came to, beside their rates."""

    said: list[Said] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)  # of the server's process, a request


def run(quick: bool) -> Result:
    """Measure all candidates in turn and hold ours to the peers."""
    require_wrk("api")
    result = Result("api")
    FOLDER.mkdir(parents=True, exist_ok=True)
    site.set_up(FOLDER)
    site.fill(ARTICLES, say)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = start_servers(stack, folder)
        compare(servers)
        _, etag = get(servers["inner"], LIST)
        _measure(result, servers, loads(Data(FOLDER / "omniwriter.sqlite3"), etag), folder, quick)
    return result


def _measure(
    result: Result, servers: dict[str, Running], candidates: dict[str, Load], folder: Path, quick: bool
) -> None:
    rounds, held_rounds, slow_s = (2, 0, 1) if quick else (3, 5, 2)
    turns = {name: Turns() for name in candidates}
    timed = {
        name: _timed(servers[load.server], load, slow_s if name in SLOW else 1, folder, turns[name])
        for name, load in candidates.items()
    }
    say(f"warming up {len(candidates)} candidates")
    for load in candidates.values():
        get(servers[load.server], load.path)  # the first request imports the addresses, for a second and more
        run_wrk(load, servers[load.server].port, 1, folder)
    say(f"{rounds} rounds")
    samples = interleaved(timed, rounds)
    say(f"{held_rounds} rounds more of what is held to another")
    for name, more in interleaved({name: once for name, once in timed.items() if name in HELD}, held_rounds).items():
        samples[name] += more
    result.metrics |= figures(samples, "per_s")
    for name, turn in turns.items():
        p50, p99 = [said.p50_ms for said in turn.said], [said.p99_ms for said in turn.said]
        result.metrics |= figures({f"{name}_p50": p50, f"{name}_p99": p99}, "ms")
        result.metrics |= figures({name: turn.cpu_us}, "cpu_us")
    _judge(result, samples)


def _judge(result: Result, samples: Samples) -> None:
    result.metrics["throttle_cost_pct"] = 100 * (1 - median_ratio(samples, "list_throttled", "list_response"))
    for name, peer, limit, says in LIMITS:
        times = ratios(samples, name, peer)
        result.at_least(f"{name}_to_{peer}_ratio", statistics.median(times), limit, f"requests a second: {says}", times)


def _timed(running: Running, load: Load, seconds: int, folder: Path, turns: Turns) -> Callable[[], float]:
    def once() -> float:
        before_s = cpu_seconds(running.process)
        said = run_wrk(load, running.port, seconds, folder)
        turns.said.append(said)
        turns.cpu_us.append(1e6 * (cpu_seconds(running.process) - before_s) / said.requests)
        return said.per_s

    return once
