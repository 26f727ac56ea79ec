"""How many messages wait: which queues are asked for, and what a real broker answers."""

from __future__ import annotations

from omniwriter.celery import app
from perfmon.recorders.queues import QueueRecorder, lengths, queue_names
from tests.perfmon.recorders.probe_tasks import look


def test_a_queue_nobody_takes_from_has_what_was_sent_to_it(broker: str) -> None:
    assert lengths()["generate"] == 0
    for _ in range(3):
        look.apply_async(queue="generate")
    assert lengths()["generate"] == 3


def test_queues_are_those_of_settings_routes_and_schedule(settings):
    settings.PERFMON = {"PATIENT_QUEUES": ["slow"]}

    class Conf:
        task_default_queue = "celery"
        task_routes = {"a": {"queue": "generate"}, "b": "generate_batch", "c": {}}
        beat_schedule = {"x": {"options": {"queue": "nightly"}}, "y": {}}

    class App:
        conf = Conf()

        class amqp:  # noqa: N801
            queues = {"celery": None}

    assert queue_names(App()) == ["celery", "generate", "generate_batch", "nightly", "slow"]


def test_without_a_broker_no_queue_is_asked_for():
    assert app.conf.task_always_eager
    assert lengths() == {}


def test_a_process_that_is_neither_worker_nor_collector_asks_for_nothing(broker):
    recorder = QueueRecorder()
    assert list(recorder.sample(0)) == []
    assert recorder._asking is None
