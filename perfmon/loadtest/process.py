"""The generator's process as the conductor holds it: plans and targets go in, frames come out."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import IO, Any

import msgpack

from perfmon.exceptions import LoadTestError
from perfmon.loadtest.plans import Plan

READY_S = 30.0  # Locust and gevent take 2 s to import, more on a busy machine
WORKERS_READY_S = 300.0  # people start those of other machines
STOP_S = 10.0  # beyond the plan's own time-out
_CHUNK_BYTES = 1 << 16
_WORDS_KEPT = 20


class Generator:
    """One generator, from its first word to its end; a context manager that leaves no process behind."""

    def __init__(self, plan: Plan, *, master_port: int = 0, expect_workers: int = 0) -> None:
        self._plan = plan
        self._arguments = ["--master-port", str(master_port), "--expect-workers", str(expect_workers)]
        self._ready_s = WORKERS_READY_S if expect_workers else READY_S
        self._frames: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._said: list[str] = []
        self._target: float | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._readers: list[threading.Thread] = []

    def __enter__(self) -> Generator:
        """Start it and wait until it is ready; raises LoadTestError with its own words."""
        self._process = process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "perfmon.loadtest.generator", *self._arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, start_new_session=True,
        )  # fmt: skip
        for read, stream in ((self._read, process.stdout), (self._listen, process.stderr)):
            self._readers.append(threading.Thread(target=read, args=(stream,), name="perfmon-generator", daemon=True))
            self._readers[-1].start()
        try:
            self._tell({"plan": self._plan.to_wire()})
            self._await_ready()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""
        self._kill()

    def aim(self, target: float) -> None:
        """Tell the target, unless it is the last one told."""
        if target != self._target:
            self._target = target
            self._tell({"target": target})

    def stop(self) -> list[dict[str, Any]]:
        """Let it end what is at work and return its last frames; raises LoadTestError when it does not."""
        self._tell({"stop": True})
        deadline_s = time.monotonic() + self._plan.timeout_s + STOP_S
        frames: list[dict[str, Any]] = []
        while not (frames and frames[-1].get("end")):
            frames.append(self._next(deadline_s - time.monotonic()))
        return frames

    def frames(self, wait_s: float) -> list[dict[str, Any]]:
        """Return the frames that came, waiting for the first at most so long; raises LoadTestError when it ended."""
        frames = []
        try:
            frames.append(self._checked(self._frames.get(timeout=wait_s)))
            while True:
                frames.append(self._checked(self._frames.get_nowait()))
        except queue.Empty:
            return frames

    def _await_ready(self) -> None:
        if not self._next(self._ready_s).get("ready"):
            raise LoadTestError("The generator did not say that it is ready. Is it of this release?")

    def _next(self, wait_s: float) -> dict[str, Any]:
        try:
            return self._checked(self._frames.get(timeout=max(0.0, wait_s)))
        except queue.Empty:
            raise LoadTestError(f"The generator said nothing for {wait_s:.0f} s. {self._last_words()}") from None

    def _checked(self, frame: dict[str, Any] | None) -> dict[str, Any]:
        if frame is None:
            raise LoadTestError(f"The generator ended before its time. {self._last_words()}")
        if "error" in frame:
            raise LoadTestError(frame["error"])
        return frame

    def _tell(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgpack.packb(message))
        except OSError:
            return  # it is gone: its last words come with the next frame

    def _read(self, stream: IO[bytes]) -> None:
        unpacker = msgpack.Unpacker(use_list=False, strict_map_key=False)
        with stream:
            while chunk := stream.read(_CHUNK_BYTES):
                unpacker.feed(chunk)
                for frame in unpacker:
                    self._frames.put(frame)
        self._frames.put(None)

    def _listen(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._said.append(line.decode(errors="replace").rstrip())
                del self._said[:-_WORDS_KEPT]

    def _last_words(self) -> str:
        time.sleep(0.1)  # its last words may be on their way
        return f"Its last words: {self._said[-1]}" if self._said else "It gave no reason."

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # which is its order to end
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join(1)
        self._process = None
