"""Which services a profile consists of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from omniwriter.budget import Claim, Pool
from omniwriter.stack.errors import StackError
from omniwriter.stack.service import Service
from omniwriter.stack.supervisor import FOUNDATIONS
from omniwriter.webserver import WEB_GRACE_S, web_command

DEFAULT, CLUSTER = "default", "cluster"
PROFILES = (DEFAULT, CLUSTER)
WEB_PROCESSES = {DEFAULT: 1, CLUSTER: 2}
LIVE = "/health/live"
PAGES, BACKGROUND = FOUNDATIONS + 1, FOUNDATIONS + 2  # stages: what a visitor needs comes first
WORKER_CHILDREN = 2
BACKGROUND_PROCESSES = 1 + (1 + WORKER_CHILDREN) + 1  # collector, worker with its children, beat
WRITING_QUEUES = "generate,generate_batch"  # in this order: somebody waits for what is in the first
RESERVED_CONNECTIONS = 3  # PostgreSQL's default, for superusers
BACKGROUND_POOL = Pool(2, 3)  # a task at a time, and the threads that measure
WRITER_SPARE = 1  # connections beside one for each article
PYTHON_READY_S = 60.0  # two seconds of imports each, all at once, on cores that may have other work


@dataclass(frozen=True, slots=True)
class Options:
    """What the person at the terminal chose."""

    host: str
    port: int
    web: int
    profile: str
    at_once: int = 4

    @property
    def ports(self) -> range:
        """The ports of the web processes."""
        return range(self.port, self.port + self.web)

    def url(self, port: int) -> str:
        """Return the address to open in a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{port}"


def require_profile(name: str) -> None:
    """Raise StackError for a profile that there is not."""
    if name not in PROFILES:
        raise StackError(f"There is no profile {name!r}. Available: {', '.join(PROFILES)}.")


def connection_claims(options: Options, pool: Pool) -> list[Claim]:
    """Return what the processes of the project may open to each database, when web processes have this pool."""
    background = BACKGROUND_POOL.within(pool.most)
    return [
        Claim("web", options.web, pool),
        Claim("others", BACKGROUND_PROCESSES, background),
        Claim("writer", 1, Pool(options.at_once, WRITER_SPARE)),
    ]


def fitting_pool(options: Options, pool: Pool, max_connections: int) -> Pool:
    """Return the pool as far as so many web processes may use it on a server that takes so many connections."""
    others = sum(claim.connections for claim in connection_claims(options, pool)[1:])
    return pool.within(max(1, (max_connections - RESERVED_CONNECTIONS - others) // options.web))


def application_services(
    options: Options, *, root: Path, var: Path, env: Mapping[str, str], pool: Pool
) -> list[Service]:
    """Return the processes of the project itself; pages first, so that the browser need not wait for the rest."""
    web, others, writer = ({**env, **claim.pool.environment()} for claim in connection_claims(options, pool))
    return [
        *(_web(options, port, root, web) for port in options.ports),
        _collector(root, others),
        _worker(root, others),
        _writer(options.at_once, root, writer),
        _beat(root, var, others),
    ]


def _web(options: Options, port: int, root: Path, env: Mapping[str, str]) -> Service:
    return Service(
        name="web" if options.web == 1 else f"web-{port - options.port + 1}",
        command=web_command(python=sys.executable, host=options.host, port=str(port)),
        listens=port,
        page=LIVE,  # the first request of a process imports every view: better now than in front of a person
        host=options.host,
        env=env,
        cwd=root,
        stage=PAGES,
        stop_s=WEB_GRACE_S + 1.0,
    )


def _collector(root: Path, env: Mapping[str, str]) -> Service:
    collect = _python("collector", "manage.py", "collect", "--skip-checks", root=root, env=env, says="Collecting")
    return replace(collect, hear_out=True)


def _worker(root: Path, env: Mapping[str, str]) -> Service:
    # SIGTERM becomes Celery's soft shutdown: a moment for the running tasks, then they go back to the queue.
    remapped = {**env, "REMAP_SIGTERM": "SIGQUIT"}
    return _celery_worker("worker", "--concurrency", str(WORKER_CHILDREN), root=root, env=remapped)


def _writer(at_once: int, root: Path, env: Mapping[str, str]) -> Service:
    # Threads: writing is waiting for a provider, and all in one process share its connections and its memory. SIGTERM
    # stays Celery's warm shutdown, which tells the runners at once; they hand their jobs over and are waited for.
    queues = ("--queues", WRITING_QUEUES, "--hostname", "writer@%h")
    return _celery_worker("writer", *queues, "--pool", "threads", "--concurrency", str(at_once), root=root, env=env)


def _celery_worker(name: str, *arguments: str, root: Path, env: Mapping[str, str]) -> Service:
    return _python(
        name,
        *("-m", "celery", "--skip-checks", "-A", "omniwriter", "worker", "--loglevel", "INFO"),
        *("--without-mingle", "--without-gossip", *arguments),
        root=root,
        env=env,
        says=" ready.",
        stage=BACKGROUND,
    )


def _beat(root: Path, var: Path, env: Mapping[str, str]) -> Service:
    return _python(
        "beat",
        *("-m", "celery", "--skip-checks", "-A", "omniwriter", "beat", "--loglevel", "INFO"),
        *("--schedule", str(var / "beat-schedule"), "--pidfile", ""),
        root=root,
        env=env,
        says="beat: Starting",
        stage=BACKGROUND,
    )


def _python(name: str, *arguments: str, root: Path, env: Mapping[str, str], says: str, stage: int = PAGES) -> Service:
    command = (sys.executable, *arguments)
    return Service(name, command, says=says, env=env, cwd=root, stage=stage, ready_s=PYTHON_READY_S)
