"""An HTTP/1.1 answer to a GET as its bytes come in: its status, and where it ends (RFC 9112, section 6)."""

from __future__ import annotations

from perfmon.exceptions import PerfmonError

MAX_HEAD_BYTES = 262_144
WITHOUT_BODY = frozenset({204, 304})


class MalformedAnswer(PerfmonError):
    """What came is no HTTP/1.1 answer."""


class AnswerCutOff(PerfmonError):
    """The connection was closed before the answer was whole."""


class Answer:
    """Fed with bytes until ``done``; the body is thrown away. ``closes``: the connection can't be used again."""

    def __init__(self) -> None:
        self.status = 0
        self.done = self.closes = False
        self._held = bytearray()
        self._left = 0
        self._step = self._head

    def feed(self, data: bytes) -> bool:
        """Take what was received, nothing meaning that the server has closed; return whether the answer is whole."""
        if not data:
            self._end()
        self._held += data
        try:
            while not self.done and self._step():
                pass
        except (ValueError, IndexError) as error:
            raise MalformedAnswer from error
        return self.done

    def _end(self) -> None:
        if self._step != self._to_the_end:
            raise AnswerCutOff
        self.done = True

    def _line(self, sign: bytes) -> bytes | None:
        """Take what is held before a sign and the sign itself; None when it has not come yet."""
        at = self._held.find(sign)
        if at < 0:
            if len(self._held) > MAX_HEAD_BYTES:
                raise MalformedAnswer
            return None
        line = bytes(self._held[:at])
        del self._held[: at + len(sign)]
        return line

    def _head(self) -> bool:
        head = self._line(b"\r\n\r\n")
        if head is None:
            return False
        first, *lines = head.split(b"\r\n")
        version, status = first.split(b" ", 2)[:2]
        if not version.startswith(b"HTTP/1."):
            raise MalformedAnswer
        self.status = int(status)
        if self.status >= 200:  # those below come before the answer itself
            pairs = (line.partition(b":") for line in lines)
            fields = {name.strip().lower(): value.strip().lower() for name, _colon, value in pairs}
            self._expect_body(version, fields)
        return True

    def _expect_body(self, version: bytes, fields: dict[bytes, bytes]) -> None:
        kept = fields.get(b"connection", b"keep-alive" if version == b"HTTP/1.1" else b"close")
        self.closes = kept == b"close"
        if self.status in WITHOUT_BODY:
            self.done = True
        elif fields.get(b"transfer-encoding", b"").endswith(b"chunked"):
            self._step = self._chunk_head
        elif b"content-length" in fields:
            self._left = int(fields[b"content-length"])
            self._step = self._body
        else:
            self.closes = True
            self._step = self._to_the_end

    def _take(self) -> bool:
        """Throw away what is held of the bytes that are left; return whether none is left."""
        taken = min(self._left, len(self._held))
        del self._held[:taken]
        self._left -= taken
        return not self._left

    def _body(self) -> bool:
        self.done = self._take()
        return False

    def _to_the_end(self) -> bool:
        self._held.clear()
        return False

    def _chunk_head(self) -> bool:
        line = self._line(b"\r\n")
        if line is None:
            return False
        size = int(line.partition(b";")[0], 16)
        self._left = size + 2  # its line's end
        self._step = self._chunk if size else self._trailer
        return True

    def _chunk(self) -> bool:
        if not self._take():
            return False
        self._step = self._chunk_head
        return True

    def _trailer(self) -> bool:
        line = self._line(b"\r\n")
        self.done = line == b""
        return line is not None
