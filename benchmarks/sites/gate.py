"""The project with one route slowed on purpose: settings of its own, and the middleware that slows.

``BENCHMARK_SLOW`` is a path and a share, ``/api/articles 0.2``: requests of exactly that path then take so much longer
than they would, in processor time, which is what a slower piece of code costs whatever else the machine does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import thread_time_ns

from django.http import HttpRequest, HttpResponse

from omniwriter.settings import *  # noqa: F403
from omniwriter.settings import MIDDLEWARE as OURS

PERFMON_FIRST = 1  # what slows stands behind the measuring one
MIDDLEWARE = [*OURS[:PERFMON_FIRST], "benchmarks.sites.gate.Slowing", *OURS[PERFMON_FIRST:]]


class Slowing:
    """Spins after the answer is there, for a share of the time that it took this thread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response
        path, _, share = os.environ.get("BENCHMARK_SLOW", "").partition(" ")
        self._path, self._factor = path, 1 + float(share or 0)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != self._path:
            return self._next(request)
        begun_ns = thread_time_ns()
        response = self._next(request)
        until_ns = begun_ns + (thread_time_ns() - begun_ns) * self._factor
        while thread_time_ns() < until_ns:
            pass
        return response
