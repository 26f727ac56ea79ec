"""The smoke profile as continuous integration runs it: against everything ``manage.py up`` starts, from beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.site import ROOT
from tests.fixtures.up import environment, up

pytestmark = pytest.mark.timeout(300)


def _manage(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(var), capture_output=True, text=True, check=False)


def _rows(var: Path) -> dict[str, int]:
    script = (
        "import json; from django.apps import apps; print(json.dumps({m._meta.label: m._default_manager.count() "
        "for m in apps.get_models() if m._meta.app_label in ('articles', 'auth')}))"
    )
    counted: dict[str, int] = json.loads(_manage(var, "shell", "-v", "0", "-c", script).stdout.splitlines()[-1])
    return counted


def test_the_smoke_profile_passes_both_sides_count_the_same_and_nothing_is_left(tmp_path: Path) -> None:
    with up(tmp_path / "var"):
        before = _rows(tmp_path / "var")
        done = _manage(tmp_path / "var", "loadtest", "--profile", "smoke", "--duration", "15", "--json")
        after = _rows(tmp_path / "var")

    assert done.returncode == 0, done.stderr
    run: dict[str, Any] = json.loads(done.stdout)
    counts, lines = run["summary"]["counts"], run["summary"]["actions"]
    assert (run["status"], counts["agree"], counts["unanswered"]) == ("passed", True, 0)
    assert counts["client"] == counts["server"] > 20
    assert counts["difference_pct"] < 0.8
    assert {line["name"] for line in lines} == {
        "GET /api/articles", "GET /api/articles/search", "POST /api/articles", "POST /api/generate",
    }  # fmt: skip
    assert all(line["errors"] == 0 < line["client_count"] == line["server_count"] for line in lines)
    assert after == before
