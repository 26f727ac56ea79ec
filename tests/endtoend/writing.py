"""The processes that write articles, as ``manage.py up`` starts and restarts them, and what viewers of a job see."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db import connections

from articles.fake.words import VOCABULARIES
from articles.generation.playback import Playback
from articles.generation.sections import markdown_of
from articles.generation.stream import follow
from omniwriter.budget import Pool
from omniwriter.stack.ports import LOOPBACK
from omniwriter.stack.process import Tree
from omniwriter.stack.profiles import Options, application_services
from omniwriter.stack.supervisor import Member, Supervisor
from tests.fixtures.fake_provider import FakeProvider, Request
from tests.fixtures.site import ROOT
from tests.waiting import eventually


class Blind:
    """A view that shows nothing."""

    def changed(self, member: Member) -> None:
        """Do nothing."""

    def refresh(self, members: Sequence[Member]) -> None:
        """Do nothing."""


class Desk:
    """Worker, writer and scheduler under a supervisor, on this test's database."""

    def __init__(self, folder: Path, valkey_url: str, endpoints: str, tree: Tree) -> None:
        env = {
            "REDIS_URL": valkey_url,
            "DATABASE_URL": f"sqlite:///{connections['default'].settings_dict['NAME']}",
            "OMNI_VAR_DIR": str(folder),
            "LLM_ENDPOINTS": endpoints,
            "OMNI_PERFMON": "false",
        }
        options = Options(LOOPBACK, 0, 1, "default", at_once=4)
        services = application_services(options, root=ROOT, var=folder, env=env, pool=Pool(2, 3))
        self._supervisor = Supervisor(tree, folder, Blind())
        self._supervisor.start(service for service in services if service.name in ("worker", "writer", "beat"))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervisor.run, args=(self._stopping.is_set,), name="supervisor")
        self._thread.start()

    def member(self, name: str) -> Member:
        """Return a process by its name."""
        return next(member for member in self._supervisor.members if member.service.name == name)

    def kill(self, name: str) -> None:
        """Kill a process as ``kill -9`` does."""
        running = self.member(name).running
        assert running
        os.kill(running.child.pid, signal.SIGKILL)

    def close(self) -> None:
        """End them all."""
        self._stopping.set()
        self._thread.join()
        for member in self._supervisor.members:
            if member.running:
                member.running.bury()


class Viewer:
    """Somebody who follows a job from its beginning, in a thread of his own, and begins anew where he was cut off."""

    def __init__(self, job_id: int) -> None:
        self.playback = Playback()
        self._job_id = job_id
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()), name="viewer", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """What he sees."""
        return markdown_of(self.playback.sections)  # type: ignore[arg-type]

    def waited(self) -> str:
        """Wait until he was told that it is over, and return what he sees then."""
        eventually(lambda: self.playback.is_over)
        return self.text

    async def _follow(self) -> None:
        async for _, event in follow(self._job_id, ""):
            self.playback.play(event)
            if event["type"] == "end":
                return


class Author:
    """What the provider says: to each request words in an order that no other answer has, none of them twice."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._lock = threading.Lock()
        english = VOCABULARIES["en"]
        self._words = sorted({word for word in (*english.nouns, *english.adjectives, *english.verbs) if word.isalpha()})

    def __call__(self, request: Request) -> str:
        """Return the answer to a request."""
        with self._lock:
            number = len(self.texts) + 1
            words = random.Random(number).sample(self._words, 40)
            sentences = (" ".join(words[at : at + 8]).capitalize() for at in range(0, 40, 8))
            self.texts.append(f"This is answer {number}. {'. '.join(sentences)}.")
            return self.texts[-1]


def endpoint_url(provider: FakeProvider, **parameters: Any) -> str:
    """Return how LLM_ENDPOINTS names a fake provider."""
    given = {"model": "fake-1", "name": "fake", "price_in": 1, "price_out": 2, **parameters}
    return f"{provider.url}?{urlencode(given)}"
