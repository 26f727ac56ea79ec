"""``python -m benchmarks``: list, run, print; the exit code is 1 when a target is missed."""

from __future__ import annotations

import argparse
import ast
import importlib
import subprocess
import sys
from pathlib import Path

from benchmarks.report import Result

NOT_BENCHMARKS = {"__init__", "__main__", "measure", "report", "book", "wrk"}


def names() -> dict[str, str]:
    """Return each benchmark with the first sentence of its module, without importing any."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in NOT_BENCHMARKS:
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            found[path.stem] = docstring.splitlines()[0] if docstring else ""
    return found


def run(name: str, quick: bool) -> Result:
    """Run one benchmark."""
    result: Result = importlib.import_module(f"benchmarks.{name}").run(quick)
    return result


def run_all(quick: bool) -> int:
    """Run every benchmark in a process of its own; returns how many missed a target."""
    flags = ["--quick"] if quick else []
    return sum(subprocess.call([sys.executable, "-m", "benchmarks", name, *flags]) != 0 for name in names())


def main() -> int:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the project and its peers.")
    parser.add_argument("name", nargs="?", choices=[*sorted(names()), "all"], help="which benchmark to run")
    parser.add_argument("--list", action="store_true", help="name them all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: wider spread, same comparison")
    options = parser.parse_args()
    if options.list or not options.name:
        width = max(map(len, names()))
        print("\n".join(f"{name:<{width}}  {what}" for name, what in names().items()))
        return 0
    if options.name == "all":
        return min(1, run_all(options.quick))
    result = run(options.name, options.quick)
    print(result.as_json() if options.json else result.as_text())
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
