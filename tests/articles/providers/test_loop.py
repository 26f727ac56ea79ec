"""The loop on which calls run: one a process, also in a forked one."""

from __future__ import annotations

import os
import threading
import warnings

from articles.providers import loop
from tests.articles.providers.asking import ask, text_of
from tests.fixtures.fake_provider import PROSE, FakeProvider


def test_a_forked_process_has_a_loop_of_its_own(provider: FakeProvider) -> None:
    ask(provider.endpoint())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons', of threads that a fork leaves behind
        child = os.fork()
    if child == 0:
        code = 1
        try:
            code = int(text_of(ask(provider.endpoint())) != PROSE)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_it_is_started_once() -> None:
    loops = []
    threads = [threading.Thread(target=lambda: loops.append(loop.running_loop())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, loops))) == 1
