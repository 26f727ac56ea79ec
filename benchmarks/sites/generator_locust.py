"""Plain Locust users, led over stdin: ``USERS SECONDS PATH PER_S`` a line, one JSON object with what came of it each.

``PER_S`` is how often each user asks in a second, 0: as often as it can. ``python -m`` with the class and the host.
"""

import locust  # isort: skip  # first: it replaces the standard library's sockets

import json
import sys
import time

import gevent
from locust.env import Environment

KINDS = {"http": locust.HttpUser, "fast": locust.FastHttpUser}
PERCENTS = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def user_class(kind: str, host: str, path: str, per_s: float) -> type[locust.User]:
    """Return users that ask for one path."""

    def ask(self: locust.User) -> None:
        self.client.get(path)

    wait = locust.constant_throughput(per_s) if per_s else locust.constant(0)
    return type("Asking", (KINDS[kind],), {"host": host, "tasks": [ask], "wait_time": wait, "weight": 1})


def burst(kind: str, host: str, users: int, seconds: float, path: str, per_s: float) -> dict[str, float]:
    """Let users ask for some seconds, after half a second that does not count."""
    environment = Environment(user_classes=[user_class(kind, host, path, per_s)], host=host)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.sleep(0.5)
    environment.stats.reset_all()
    cpu_s, began_s = time.process_time(), time.monotonic()
    gevent.sleep(seconds)
    total, cpu_s, took_s = environment.stats.total, time.process_time() - cpu_s, time.monotonic() - began_s
    requests = max(1, total.num_requests)
    found = {"per_s": requests / took_s, "cpu_us": 1e6 * cpu_s / requests}
    found |= {"requests": total.num_requests, "failed": total.num_failures}
    found |= {name: total.get_response_time_percentile(share) or 0 for name, share in PERCENTS.items()}
    runner.quit()
    return found


def main(kind: str, host: str) -> None:
    """Do what each line says."""
    print("ready", flush=True)
    for line in sys.stdin:
        users, seconds, path, per_s = line.split()
        print(json.dumps(burst(kind, host, int(users), float(seconds), path, float(per_s))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
