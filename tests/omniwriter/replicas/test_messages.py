"""A task sees what its sender had committed, and its sender sees what the task committed; a real worker does them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from omniwriter.celery import app
from omniwriter.replicas import marks, pins
from omniwriter.settings import celery_url
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Service, run
from tests.fixtures.site import ROOT, forget_connections

from .conftest import Cluster
from .probe_tasks import look, make
from .test_pins import use_valkey

REPLICAS = {"replica1", "replica2"}


@pytest.fixture
def cluster_worker(cluster: Cluster, valkey_url: str, tree: Tree, tmp_path: Path, settings: Any) -> Iterator[Cluster]:
    """A worker that reads from the cluster's replicas, and this process as one that sends it tasks."""
    from kombu import pools

    env = {
        "REDIS_URL": valkey_url,
        "DATABASE_URL": cluster.primary_url,
        "DATABASE_REPLICA_URLS": ",".join(one.url(cluster.database) for one in cluster.replicas),
        "OMNI_VAR_DIR": str(tmp_path),
    }
    command = (
        *(sys.executable, "-m", "celery", "-A", "omniwriter", "worker", "-c", "1", "-P", "solo", "-l", "INFO"),
        *("--without-mingle", "-I", "tests.omniwriter.replicas.probe_tasks"),
    )
    service = Service(name="worker", command=command, says=" ready.", env=env, cwd=ROOT)
    before = {name: app.conf[name] for name in ("broker_url", "result_backend", "task_always_eager")}
    use_valkey(settings, valkey_url)
    with run(service, tmp_path / "worker.log", tree):
        url = celery_url(valkey_url)
        app.conf.update(broker_url=url, result_backend=url, task_always_eager=False)
        forget_connections(app)
        assert look.delay("").get(timeout=20)["live"] == 2
        yield cluster
        pools.reset()
        app.conf.update(before)
        forget_connections(app)


def test_work_is_carried_to_tasks_and_back(cluster_worker: Cluster) -> None:
    cluster = cluster_worker
    cluster.wait_live()
    for one in cluster.replicas:
        one.pause(True)
    owner = marks.owner_of("session", "abc")

    with pins.working(pins.Work(whole=True, owner=owner)):
        with transaction.atomic():
            Group.objects.create(name="committed")
            sent: list[Any] = []
            transaction.on_commit(lambda: sent.append(look.delay("committed")))
        seen = sent[0].get(timeout=20)
        make.delay("by a task").get(timeout=20)
    stranger = look.delay("committed").get(timeout=20)

    assert (seen["found"], seen["db"]) == (True, "default")
    assert stranger["found"] is False
    assert stranger["db"] in REPLICAS
    with pins.working(pins.Work(needs=marks.get_mark(owner))):
        assert Group.objects.filter(name="by a task").exists()


def test_a_task_sent_before_its_commit_is_the_primarys(cluster: Cluster) -> None:
    cluster.wait_live()
    with pins.working(pins.Work()) as work, transaction.atomic():
        Group.objects.create(name="x")
        assert work.carried() == pins.LAST
    assert work.carried() < pins.LAST
