"""Fifty who miss a cold key at once, in two processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import redis

THREADS = 25
SCRIPT = Path(__file__).with_name("stampede.py")
ROOT = SCRIPT.parents[3]


def test_fifty_misses_of_a_cold_key_in_two_processes_are_one_computation(valkey_url: str, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), valkey_url, str(THREADS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OMNI_VAR_DIR": str(tmp_path)}
    processes = [subprocess.Popen(command, env=env, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate(timeout=30)[0]) for process in processes]

    assert answers == [[1] * THREADS] * 2
    with redis.Redis.from_url(f"{valkey_url}/9") as books:
        assert books.get("computations") == b"1"
