"""Real components for every test: Valkey, PostgreSQL, a Celery worker, a served site and a browser.

All servers are children of one ``Tree``, so none outlives the test run, not even a killed one.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import hypothesis
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.db import connections

from omniwriter.stack.process import Tree

pytest_plugins = [
    f"tests.fixtures.{name}"
    for name in ("servers", "caches", "site", "browser", "images", "llm", "fake_provider", "writing")
]


def pytest_configure() -> None:
    """Set what only tests want.

    The collector of a project without Valkey is left to the fixture ``collector``: a thread nobody stops would write
    into the tests that come after. Passwords are hashed fast: the slow hash took seven tenths of the suite's time.
    Hypothesis' own profile for integration gives each run the same examples, and none a time limit on a busy machine.
    """
    from perfmon.conf import get_config

    hypothesis.settings.load_profile("ci")
    settings.PERFMON = {**settings.PERFMON, "LOCAL_COLLECTOR": False}
    get_config.cache_clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


#: Started first, so that the suite doesn't end with one process waiting for the other.
LONG = (
    "browser/test_hostile_texts",
    "articles/test_scale",
    "generation/test_bundled_model",
    "stack/test_up",
    "pages/",
    "endtoend/",
    "api/test_schemathesis",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test an id of its own, and put the long files first."""
    _tell_apart(items)
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))


def _tell_apart(items: list[pytest.Item]) -> None:
    """Name the operation in the ids of schemathesis' tests; refuse a run in which two tests have one id.

    pytest makes an id of the function and its parameters alone, so all operations of an API would have the same, and
    pytest-xdist runs only one test of each id, without a word about the others.
    """
    for item in items:
        if type(item).__name__ == "SchemathesisFunction":
            item._id = item.parent.id.child(item.name)  # type: ignore[union-attr]
    twice = sorted(name for name, count in Counter(item.nodeid for item in items).items() if count > 1)
    if twice:
        raise pytest.UsageError(f"More than one test is called {', '.join(twice)}.")


@pytest.fixture(scope="session")
def tree() -> Iterator[Tree]:
    """The owner of every server of this test run."""
    with Tree() as owner:
        yield owner


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin each test with the recorders that every process of the site has, before any fixture.

    The site's handler looks once, when it is made, whether requests are measured. Made after a test that took the
    recorders away, it would measure nothing for as long as the process lives.
    """
    from perfmon.recorders import install_recorders

    install_recorders()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Let no thread that writes a text outlive its test: it would ask the next one's database, or none."""
    from articles.generation import jobs, leases

    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    beside = [timer for timer in timers if timer.name.startswith(jobs.BESIDE)]
    if not beside:
        return
    run_beside, jobs._run_beside = jobs._run_beside, lambda *_: None  # what they hand over is left lying
    leases.stopping.set()
    for thread in beside:
        thread.cancel()
        thread.join(20)
    leases.stopping.clear()
    jobs._run_beside = run_beside


@pytest.fixture(autouse=True)
def _settings_as_they_were() -> Iterator[None]:
    """Fail the test that leaves settings of its own behind: overrides that end in another order than they began do."""
    before = settings._wrapped
    yield
    assert settings._wrapped is before, "This test's overrides of settings outlive it: use the fixture settings."


@pytest.fixture(autouse=True)
def _no_connection_left() -> Iterator[None]:
    """Close what asgiref's one thread has open: in a test without the database it could not even be looked at."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    """Let no test read what another has left in this process."""
    from articles.generation.tape import _tape_at
    from articles.providers.endpoints import endpoints_forget
    from omniwriter.cache import renew

    renew(["all"])
    _tape_at.cache_clear()  # a job of another test, of the same id, may have told something
    endpoints_forget()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test run a database file of its own: threads and other processes can't share one in memory."""
    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        database["CONN_MAX_AGE"] = 0  # or a test without the database meets a connection that one before it left open
