"""The generator's process holds nothing of Django, and of perfmon only what is pure."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.fixtures.generator import ROOT

LIST = """
import json, sys
import perfmon.loadtest.generator.__main__
import perfmon.loadtest.generator.exchanges, perfmon.loadtest.generator.websockets
print(json.dumps(sorted(sys.modules)))
"""
PURE = {
    "perfmon",
    "perfmon.series",
    "perfmon.histogram",
    "perfmon.wire",
    "perfmon.exceptions",
    "perfmon.live",
    "perfmon.live.protocol",
}
OF_LOAD_TESTS = {"perfmon.loadtest", *(f"perfmon.loadtest.{name}" for name in ("plans", "figures", "sockets"))}


def test_no_django_and_only_pure_modules_are_imported() -> None:
    listed = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, capture_output=True, check=True, text=True)
    modules = set(json.loads(listed.stdout))
    assert not [name for name in modules if name.partition(".")[0] in {"django", "articles", "omniwriter"}]
    ours = {name for name in modules if name.partition(".")[0] == "perfmon"}
    assert {name for name in ours if not name.startswith("perfmon.loadtest.generator")} == PURE | OF_LOAD_TESTS
