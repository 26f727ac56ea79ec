"""Keeps a server that a performance test has started: ends it when the test is over, also when that was killed.

``python keeper.py WORD...`` runs the words as a process group of their own until its standard input closes, which the
kernel does whatever became of the parent. It ends with the server's exit code when that ends first. Run as a script by
a bare interpreter, so it imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

GRACE_S = 5.0
STEP_S = 0.05


def end_group(server: subprocess.Popen[bytes], grace_s: float = GRACE_S) -> None:
    """End the group: politely, then not."""
    deadline_s = time.monotonic() + grace_s
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGTERM)
        while time.monotonic() < deadline_s:
            server.poll()
            os.killpg(server.pid, 0)
            time.sleep(STEP_S)
        os.killpg(server.pid, signal.SIGKILL)


def _ended_with_input(server: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):  # not sys.stdin, whose lock this thread would hold while the interpreter ends
        pass
    end_group(server)


def main(words: list[str]) -> int:
    """Run the server; return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # not SIG_IGN: the server would inherit it
    try:
        server = subprocess.Popen(words, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"{words[0]}: {error.strerror or error}\n")
        return 127
    threading.Thread(target=_ended_with_input, args=(server,), daemon=True).start()
    code = server.wait()
    end_group(server)  # what it started may have outlived it
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
