"""Actions of kind ``http``: one request, sent once, and its whole answer. Redirects are not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent import GreenletExit, Timeout

from perfmon.loadtest.figures import LATENCY, SERVICE
from perfmon.loadtest.generator.connections import Answer, Connection
from perfmon.loadtest.generator.faults import FAULTS, reason_of
from perfmon.loadtest.generator.timing import record_parts
from perfmon.loadtest.generator.users import now_ns

if TYPE_CHECKING:
    from perfmon.loadtest.generator.acts import Act
    from perfmon.loadtest.generator.users import Visitor

_NAME = "http"  # of what a user keeps
_DEFAULT_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br", "User-Agent": "perfmon-loadtest"}
_WITH_BODY = {"POST", "PUT", "PATCH"}  # have a Content-Length even when it is 0


class _Client:
    """What a user keeps: the connection, and the heads of its requests as far as they are always the same."""

    def __init__(self, user: Visitor) -> None:
        self.connection = Connection(user.stage.address)
        self._netloc = user.stage.address.netloc
        self._session = user.session.headers
        self._heads: dict[str, str] = {}

    def close(self) -> None:
        """Let the connection go, when the user does."""
        self.connection.close()

    def request(self, user: Visitor, act: Act) -> bytes:
        """Return the bytes of one request."""
        body = b"" if act.body is None else act.body.fill(user.value_of(act)).encode()
        head = self._heads.get(act.key) or self._heads.setdefault(act.key, self._head(act))
        if body or act.action.method in _WITH_BODY:
            head += f"Content-Length: {len(body)}\r\n"
        first = f"{act.action.method} {act.path.fill(user.value_of(act))} HTTP/1.1\r\n"
        return (first + head + "\r\n").encode("latin-1") + body

    def _head(self, act: Act) -> str:
        typed = {} if act.body is None else {"Content-Type": "application/json"}
        lines = {"host": f"Host: {self._netloc}\r\n"}
        for headers in (_DEFAULT_HEADERS, typed, self._session, act.headers):
            lines.update({name.lower(): f"{name}: {value}\r\n" for name, value in headers.items()})
        return "".join(lines.values())


def perform(user: Visitor, act: Act, intended_ns: int) -> None:
    """Send one request and record what became of it; GreenletExit passes once that is done."""
    client: _Client = user.kept.get(_NAME) or user.kept.setdefault(_NAME, _Client(user))
    request, answer = client.request(user, act), Answer(act.action.method)
    began_ns = now_ns()
    fault = _exchange(user, act, client, request, answer)
    service_ns = now_ns() - began_ns
    reason = reason_of(fault) if fault else _status_fault(act, answer)
    records = user.stage.records
    records.add(LATENCY, act.key, service_ns + (began_ns - intended_ns if intended_ns else 0), error=bool(reason))
    records.add(SERVICE, act.key, service_ns)
    if reason:
        records.failed(act.key, reason)
    if not fault:
        record_parts(records, act.key, answer.get("server-timing"), service_ns)
    if isinstance(fault, GreenletExit):
        raise fault


def _exchange(user: Visitor, act: Act, client: _Client, request: bytes, answer: Answer) -> BaseException | None:
    records, connection = user.stage.records, client.connection
    try:
        with Timeout(user.stage.plan.timeout_s):
            connection.open()
            records.sent(act.key)
            connection.ask(request, answer)
    except FAULTS as fault:
        connection.close()
        return fault
    records.answered(act.key)
    return None


def _status_fault(act: Act, answer: Answer) -> str:
    status = answer.get_code()
    return "" if status in act.action.expects else str(status)
