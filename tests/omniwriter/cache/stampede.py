"""A process of a stampede: as many threads as asked for, all of which miss the same key at the same moment.

``python stampede.py URL THREADS``: says ready, waits for a line, and prints what each thread got. Each computation is
counted on Valkey, under ``computations``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time

URL, THREADS = sys.argv[1], int(sys.argv[2])
os.environ |= {"REDIS_URL": URL, "DJANGO_SETTINGS_MODULE": "omniwriter.settings", "OMNI_PERFMON": "false"}

import django  # noqa: E402

django.setup()

import redis  # noqa: E402

from omniwriter.cache import cache_query  # noqa: E402

books = redis.Redis.from_url(f"{URL}/9")


@cache_query(name="test.stampede", namespaces=("lists",))
def computed() -> int:
    """Take a while, and be counted."""
    count = int(books.incr("computations"))
    time.sleep(0.3)
    return count


together, outcomes = threading.Barrier(THREADS + 1), []


def ask() -> None:
    """Read the value with all the others."""
    together.wait()
    outcomes.append(computed())


threads = [threading.Thread(target=ask) for _ in range(THREADS)]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.readline()
together.wait()
for thread in threads:
    thread.join()
print(json.dumps(outcomes), flush=True)
