"""Routes that keep bytes for ever, keep them up to a bound, fail at times, or answer when enough others have asked."""

import itertools
import os
import threading

from django.http import HttpRequest, HttpResponse
from django.urls import path

from omniwriter.urls import handler400, handler500  # noqa: F401
from omniwriter.urls import urlpatterns as of_the_project

LEAK_BYTES = int(os.environ.get("LEAK_BYTES", "0"))
BOUND = 700
TOGETHER = int(os.environ.get("TOGETHER", "10"))
kept: list[bytes] = []
cached: dict[int, bytes] = {}
numbers = itertools.count()
barrier = threading.Barrier(TOGETHER)


def leak(request: HttpRequest) -> HttpResponse:
    """Keep so many bytes more with each request, or none without LEAK_BYTES."""
    if LEAK_BYTES:
        kept.append(b"x" * (LEAK_BYTES - 1) + b"%d" % (len(kept) % 10))
    return HttpResponse("Here you are")


def bounded(request: HttpRequest) -> HttpResponse:
    """Keep as much, until there are so many."""
    number = next(numbers)
    if number < BOUND:
        cached[number] = b"x" * (LEAK_BYTES - 1) + b"%d" % (number % 10)
    return HttpResponse("Here you are")


def flaky(request: HttpRequest) -> HttpResponse:
    """Fail each tenth time."""
    return HttpResponse(status=503 if next(numbers) % 10 == 9 else 200)


def together(request: HttpRequest) -> HttpResponse:
    """Answer when so many requests are here at the same time, and not otherwise."""
    try:
        barrier.wait(2)
    except threading.BrokenBarrierError:
        barrier.reset()
        return HttpResponse(status=503)
    return HttpResponse("All here")


urlpatterns = [
    path("leak", leak),
    path("bounded", bounded),
    path("flaky", flaky),
    path("together", together),
    *of_the_project,
]
