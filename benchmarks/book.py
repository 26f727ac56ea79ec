"""The benchmark book: the tables in ``README.md`` are written from the last runs, the words around them by hand.

``results.json`` holds the runs and is the one truth. A table stands between ``<!-- table: NAME -->`` and
``<!-- end -->``; NAME is a benchmark's or one of ``benchmarks.chapters.SHARED``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from benchmarks.chapters import SHARED, Runs, section_lines
from benchmarks.runs import Run

FOLDER = Path(__file__).resolve().parent
README, RESULTS = FOLDER / "README.md", FOLDER / "results.json"
END = "<!-- end -->"
_MARKER = re.compile(r"^<!-- (?:table: (?P<name>[a-z_]+)|end) -->$", re.MULTILINE)


class BookError(ValueError):
    """The markers in the book do not fit the benchmarks; the text says where and what to do."""


def load_runs(path: Path = RESULTS) -> dict[str, Run]:
    """Return the last run of each benchmark; none without the file."""
    if not path.is_file():
        return {}
    return {name: Run.from_json(told) for name, told in json.loads(path.read_text()).items()}


def keep(run: Run, names: Collection[str], *, results: Path = RESULTS, readme: Path = README) -> None:
    """Put a run in the place of the last one of that benchmark, and write the tables anew."""
    runs = {**load_runs(results), run.result.name: run}
    _replace(results, json.dumps({name: runs[name].to_json() for name in sorted(runs)}, indent=1) + "\n")
    write(runs, names, readme)


def write(runs: Runs, names: Collection[str], readme: Path = README) -> None:
    """Write the tables of the book; raises BookError, and leaves it as it is, when its markers don't fit ``names``."""
    _replace(readme, rendered(readme.read_text(), runs, names))


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)  # whoever stops us leaves the old one or the new one


def rendered(text: str, runs: Runs, names: Collection[str]) -> str:
    """Return the book's text with every table written from the runs.

    Raises BookError when the place of one of ``names`` is missing or doubled, a place is of something else, or one has
    no end.
    """
    places = list(_places(text))
    _check([name for name, _, _ in places], {*SHARED, *names})
    ordered = {name: runs[name] for name, _, _ in places if name in runs}
    parts, rest = [], 0
    for name, start, stop in places:
        lines = SHARED[name](ordered) if name in SHARED else section_lines(name, runs.get(name))
        parts += [text[rest:start], "\n\n", "\n".join(lines), "\n\n"]
        rest = stop
    return "".join([*parts, text[rest:]])


def _check(found: list[str], wanted: Collection[str]) -> None:
    for name in found:
        if found.count(name) > 1:
            raise BookError(f"The book has two tables named {name}. Take one away.")
        if name not in wanted:
            raise BookError(f"The book has a table named {name}, which is no benchmark. Take it away.")
    if missing := sorted(set(wanted) - set(found)):
        raise BookError(f"The book has no place for {', '.join(missing)}. Add <!-- table: {missing[0]} --> and {END}.")


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each table's name, and where the text between its markers begins and ends."""
    name, start = "", 0
    for marker in _MARKER.finditer(text):
        if bool(marker["name"]) == bool(name):
            line = text.count("\n", 0, marker.start()) + 1
            raise BookError(f"Line {line} of the book: {marker[0]} does not follow the marker before it.")
        if name:
            yield name, start, marker.start()
        name, start = marker["name"] or "", marker.end()
    if name:
        raise BookError(f"The book's table {name} has no end. Add {END} after it.")
