"""Tasks of generation wait in queues of their own, and somebody who waits comes before a batch."""

from __future__ import annotations

import socket
from contextlib import suppress

from kombu import Consumer, Queue

from omniwriter.stack.profiles import WRITING_QUEUES
from tests.fixtures.site import using_broker


def test_a_job_that_somebody_waits_for_is_taken_before_a_batchs(valkey_url: str) -> None:
    taken: list[str] = []
    with using_broker(valkey_url) as app:
        for queue in ("generate_batch", "generate_batch", "generate", "generate_batch", "generate"):
            app.send_task("articles.tasks.generation.generation_run", (1,), queue=queue)

        def take(body: object, message: object) -> None:
            taken.append(message.delivery_info["routing_key"])  # type: ignore[attr-defined]
            message.ack()  # type: ignore[attr-defined]

        queues = [Queue(name) for name in WRITING_QUEUES.split(",")]
        with (
            app.connection_for_read() as connection,
            Consumer(connection, queues, callbacks=[take], accept=["json"], prefetch_count=1),
            suppress(socket.timeout),
        ):
            while len(taken) < 5:
                connection.drain_events(timeout=5)

    assert taken == ["generate", "generate", "generate_batch", "generate_batch", "generate_batch"]


def test_a_job_has_its_queue_even_when_nobody_names_one(valkey_url: str) -> None:
    with using_broker(valkey_url) as app:
        route = app.amqp.router.route({}, "articles.tasks.generation.generation_run")

    assert route["queue"].name == "generate"
