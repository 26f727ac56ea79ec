"""Lighthouse is run again when it could not record a page's load, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import lighthouse

BADLY_RECORDED = "Runtime error encountered: Please run Lighthouse again. (NO_NAVSTART)"
#: Stands for node: fails as often as it is told, and then prints a report.
PROGRAM = """#!/bin/sh
echo run >> "{runs}"
if [ $(wc -l < "{runs}") -le {failures} ]; then echo "{reason}" >&2; exit 1; fi
echo '{{"categories": {{}}}}'
"""


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lighthouse, "BIN", tmp_path)
    return tmp_path / "runs"


def fail_first(runs: Path, failures: int, reason: str) -> None:
    node = runs.with_name("node")
    node.write_text(PROGRAM.format(runs=runs, failures=failures, reason=reason))
    node.chmod(0o755)


@pytest.mark.parametrize("failures", [0, 2])
def test_a_load_that_was_recorded_badly_is_done_again_and_counted(runs: Path, failures: int) -> None:
    fail_first(runs, failures, BADLY_RECORDED)
    assert lighthouse.load("http://127.0.0.1/") == ({"categories": {}}, failures)


@pytest.mark.parametrize(("reason", "tries"), [(BADLY_RECORDED, lighthouse.TRIES), ("No such page. (NOT_HTML)", 1)])
def test_a_page_that_cannot_be_scored_ends_the_benchmark_with_the_reason(runs: Path, reason: str, tries: int) -> None:
    fail_first(runs, 99, reason)
    with pytest.raises(RuntimeError, match=r"could not score http://127\.0\.0\.1/: .*\((NO_NAVSTART|NOT_HTML)\)"):
        lighthouse.load("http://127.0.0.1/")
    assert len(runs.read_text().split()) == tries
