"""The benchmark book: its tables say what ``results.json`` says, and a book that cannot say it is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import histogram
from benchmarks.__main__ import names
from benchmarks.book import README, BookError, keep, load_runs, rendered
from benchmarks.report import Result
from benchmarks.runs import Run
from benchmarks.tables import shown

MACHINE: dict[str, str | int] = {
    "id": "3f2a", "cpu": "AMD EPYC", "cores": 2, "memory_bytes": 24 * 2**30, "system": "Linux 6.1", "python": "3.11.7",
    "django": "5.2.19",
}  # fmt: skip
BOOK = "\n".join(
    f"## {name}\n\nWords.\n\n<!-- table: {name} -->\n<!-- end -->\n"
    for name in ("machine", "targets", "histogram", "versions")
)

HOW = "`python -m benchmarks histogram`, 2026-11-28 09:45 UTC"


def a_run(**figures: float) -> Run:
    result = Result("histogram", metrics=figures)
    result.at_most("insert_us", 0.3, 0.5, "an insert", [0.2, 0.3, 0.4])
    result.at_least("merge_of_16_equals_one", 0, 1)
    return Run(result, "2026-11-28T09:45:12+00:00", 11.4, False, 1.2, MACHINE, {"ddsketch": "3.0.1"})


def test_the_tables_say_what_was_measured() -> None:
    run = a_run(insert_ns=294.2, insert_q1_ns=290, insert_q3_ns=301.7, ddsketch_insert_ns=513)
    text = rendered(BOOK, {"histogram": run}, ["histogram"])
    for line in (
        "| AMD EPYC | 2 | 24 GiB | Linux 6.1 | 3.11.7 | 5.2.19 | 2026-11-28 09:45 UTC | 2026-11-28 09:45 UTC | all |",
        "1 of 2 targets are met.",
        "| histogram | an insert | at most 0.5 us | 0.300 | 0.250 to 0.350 | met |",
        "| histogram | merge of 16 equals one | at least 1 | 0 | – | **missed** |",
        f"{HOW}, 11 s of at most 60, the machine 1 % busy before; missed: **merge of 16 equals one**.",
        "| an insert, ns | 294 (290 to 302) | 513 |",
        "| unpacking one from its packed form, us | – |  |",
        "| ddsketch | 3.0.1 | histogram |",
    ):
        assert line in text.splitlines()
    assert text.count("Words.") == 4


@given(st.dictionaries(st.sampled_from(["insert_ns", "insert_q1_ns", "insert_q3_ns", "pareto_error_pct"]),
                       st.floats(-1e12, 1e12)))  # fmt: skip
def test_to_write_the_same_runs_again_changes_nothing(figures: dict[str, float]) -> None:
    runs = {"histogram": a_run(**figures)}
    once = rendered(BOOK, runs, ["histogram"])
    assert rendered(once, runs, ["histogram"]) == once


def test_a_run_is_the_same_after_a_rest_in_the_file(tmp_path: Path) -> None:
    results, readme = tmp_path / "results.json", tmp_path / "README.md"
    readme.write_text(BOOK)
    keep(a_run(insert_ns=294), ["histogram"], results=results, readme=readme)
    assert load_runs(results) == {"histogram": a_run(insert_ns=294)}
    assert rendered(BOOK, load_runs(results), ["histogram"]) == readme.read_text()


def test_a_benchmark_that_failed_says_why_and_the_last_figures_go() -> None:
    failed = replace(a_run(), result=Result("histogram", error="It did not end within 60 s and was stopped."))
    text = rendered(
        rendered(BOOK, {"histogram": a_run(insert_ns=294)}, ["histogram"]), {"histogram": failed}, ["histogram"]
    )
    assert "**Failed:** It did not end within 60 s and was stopped." in text
    assert "| histogram | It did not end within 60 s and was stopped. | – | – | – | **failed** |" in text
    assert "0 of 0 targets are met; failed: **histogram**." in text
    assert "294" not in text


def test_a_benchmark_that_never_ran_says_so() -> None:
    assert "`python -m benchmarks histogram`: not run yet, bounded to 60 s." in rendered(BOOK, {}, ["histogram"])


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (BOOK.replace("table: histogram", "table: histograms"), "histograms, which is no benchmark"),
        (BOOK.replace("<!-- table: histogram -->\n<!-- end -->", ""), "no place for histogram"),
        (BOOK + "<!-- table: targets -->\n<!-- end -->\n", "two tables named targets"),
        (BOOK.replace("<!-- end -->", "", 1), "does not follow the marker before it"),
        (BOOK + "<!-- end -->\n", "Line 28 of the book"),
        (BOOK + "<!-- table: overhead -->\n", "overhead has no end"),
    ],
    ids=["unknown", "missing", "doubled", "unclosed", "end alone", "open at the end"],
)
def test_a_book_whose_markers_do_not_fit_is_refused(broken: str, said: str) -> None:
    with pytest.raises(BookError, match=said):
        rendered(broken, {}, ["histogram"])


def test_a_refused_book_stays_as_it_is(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("nothing")
    with pytest.raises(BookError):
        keep(a_run(), ["histogram"], results=tmp_path / "results.json", readme=readme)
    assert readme.read_text() == "nothing"


def test_the_book_of_the_project_says_what_its_results_say() -> None:
    assert rendered(README.read_text(), load_runs(), names()) == README.read_text()


@pytest.mark.parametrize("name", names())
def test_every_benchmark_has_a_section_of_its_own(name: str) -> None:
    assert f"\n## {name}: " in README.read_text()


def test_figures_without_rounds_have_no_quartiles() -> None:
    figures = {
        "hub_10hz_cpu_us": 13.31,
        "hub_10hz_q1_cpu_us": 12.9,
        "hub_10hz_q3_cpu_us": 14,
        "lost": 0.0,
        "rate": 27_935,
    }
    assert shown(figures, "hub_10hz_cpu_us") == "13.3 (12.9 to 14)"
    assert (shown(figures, "lost"), shown(figures, "rate"), shown(figures, "unknown")) == ("0", "27,935", "–")


def test_every_figure_of_a_table_is_one_that_a_run_of_it_could_have() -> None:
    figures = {figure for table in histogram.SECTION.tables for _, *row in table.rows for figure in row if figure}
    assert {"insert_ns", "ddsketch_insert_ns", "pareto_error_pct"} <= figures
