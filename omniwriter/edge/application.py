"""The ASGI layer: an answer from memory where there is one, otherwise Django's, kept when it may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter_ns

from omniwriter.cache.response import KEPT_AS
from omniwriter.cache.subscriber import subscriber
from omniwriter.edge.answers import Kept, Message, kept_answer
from omniwriter.edge.conditions import answer_to
from omniwriter.edge.counting import count_answer, count_kept, is_counted, run_key
from omniwriter.edge.questions import Question, Questions, Scope
from omniwriter.edge.table import Table
from perfmon.conf import get_config
from perfmon.recorders.loads import timing_text

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ENVIRON = "environ"  # in the scope: what Django left in the request's environ
READY = "send_ready"  # in the scope: what writes an answer that is encoded already, when the server can
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Taking:
    """Passes an answer on and remembers it, when it comes in one piece."""

    __slots__ = ("_send", "body", "head", "whole")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.head: Message = {}
        self.body = b""
        self.whole = False

    async def send(self, message: Message) -> None:
        """Take one message."""
        if message["type"] == "http.response.start":
            self.head = message
        elif self.head:
            self.whole = not self.body and not message.get("more_body", False)
            self.body = message.get("body", b"")
        await self._send(message)


class Edge:
    """Answers from memory what anonymous readers ask again within a second; ``app`` answers everything else.

    ``app`` leaves a request's WSGI environ in its scope when there is a place for it, as the bridge does. With a limit
    of 0 nothing is kept.
    """

    def __init__(self, app: App, *, limit_bytes: int) -> None:
        self._app = app
        self._questions = Questions()
        self.table = Table(limit_bytes)
        self._on = limit_bytes > 0
        self._tells_time = get_config().server_timing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun_ns = perf_counter_ns()
        question = self._questions.read(scope) if self._on else None
        if question is None:
            await self._app(scope, receive, send)
            return
        kept = self.table.find(question, begun_ns)
        if kept is None:
            await self._ask(question, scope, receive, send, begun_ns)
            return
        answer = answer_to(question, kept)
        run = run_key(question, kept)
        duration_ns = perf_counter_ns() - begun_ns
        if run or self._tells_time:  # as perfmon's middleware does
            answer = answer.with_header(b"server-timing", timing_text(duration_ns).encode())
        send_ready = scope.get(READY)
        if send_ready is None or not send_ready(scope, answer.status_line, answer.headers, answer.body):
            await send(answer.head)
            await send(answer.message)
        if kept.route is not None:
            count_answer(question.method, kept, answer.head["status"], duration_ns, run)

    async def _ask(self, question: Question, scope: Scope, receive: Receive, send: Send, begun_ns: int) -> None:
        """Let Django answer, and keep it when everybody may have it."""
        if question.method != "GET":
            await self._app(scope, receive, send)
            return
        looked_ns = perf_counter_ns() - begun_ns
        taking = Taking(send)
        scope[ENVIRON] = {}
        flight = self.table.begin(begun_ns)
        try:
            await self._app(scope, receive, taking.send)
            if taking.whole and subscriber.hears_all:
                kept = kept_answer(taking.head["status"], taking.head["headers"], taking.body)
                if kept is not None:
                    now_ns = perf_counter_ns()
                    self._label(kept, scope)
                    self.table.store(question, kept, flight, now_ns)
                    count_kept(kept, looked_ns)
        finally:
            self.table.end(flight)
            del scope[ENVIRON]
        subscriber.start()

    def _label(self, kept: Kept, scope: Scope) -> None:
        group, route = scope[ENVIRON].get(KEPT_AS, (None, None))
        if group is not None and is_counted(scope["path"]):
            kept.group, kept.route = group, route
