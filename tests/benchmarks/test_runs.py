"""A run of a benchmark: bounded, in a process of its own, and what stops it stands in its result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks import histogram
from benchmarks.__main__ import names, run_each
from benchmarks.runs import measure, section_of


def test_a_benchmark_that_does_not_end_is_stopped_with_all_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histogram, "SECTION", replace(histogram.SECTION, bound_s=1))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    run = measure("histogram", is_quick=False)
    assert run.result.error == "It did not end within 1 s and was stopped."
    assert not run.result.ok
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@pytest.mark.parametrize(("name", "needs"), [("http", "wrk (Debian: apt-get install wrk)"), ("lighthouse", "Chromium")])
def test_a_bare_machine_is_told_what_to_install(
    name: str, needs: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_each([name], is_quick=True, writes=False) == 1
    assert f"missed: {name}: The benchmark {name} needs {needs}" in capsys.readouterr().out


@pytest.mark.parametrize("name", names())
def test_every_benchmark_states_its_bound_and_what_it_hangs_on(name: str) -> None:
    section = section_of(name)
    assert 0 < section.bound_s <= 600
    assert section.versions
    assert section.tables
