"""``python -m benchmarks``: list, run, print, write the book; the exit code is 1 when a target is missed."""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import os
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import book
from benchmarks.measure import say
from benchmarks.report import Result
from benchmarks.runs import Run, measure


def names() -> dict[str, str]:
    """Return each benchmark with the first sentence of its module, without importing any."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        module = ast.parse(path.read_text())
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in module.body):
            found[path.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return found


def run(name: str, is_quick: bool) -> Result:
    """Run one benchmark in this process; what stops it stands in the result."""
    try:
        with _prints_on_stderr():
            result: Result = importlib.import_module(f"benchmarks.{name}").run(is_quick)
            return result
    except SystemExit as stopped:  # says what is missing
        return Result(name, error=str(stopped))
    except Exception as failed:
        traceback.print_exc()
        return Result(name, error=f"{type(failed).__name__}: {failed}"[:500])


@contextlib.contextmanager
def _prints_on_stderr() -> Iterator[None]:
    """Let what a benchmark and its programs print go to stderr, so that stdout holds nothing but the result."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(stdout)


def run_each(wanted: Iterable[str], *, is_quick: bool, writes: bool) -> int:
    """Run benchmarks one after the other, each in a process of its own; returns the exit code.

    Each is written into the book as soon as it is done.
    """
    started, runs = time.monotonic(), []
    if writes:
        book.write(book.load_runs(), names())  # a book that cannot be written is found out now and not at the end
    for name in wanted:
        say(f"== {name}")
        runs.append(measure(name, is_quick=is_quick))
        print(runs[-1].result.as_text(), flush=True)
        if writes:
            book.keep(runs[-1], names())
    return _conclude(runs, time.monotonic() - started)


def _conclude(runs: list[Run], took_s: float) -> int:
    missed = [f"{run.result.name}: {target.says}" for run in runs for target in run.result.targets if not target.ok]
    missed += [f"{run.result.name}: {run.result.error}" for run in runs if run.result.error]
    held = sum(len(run.result.targets) for run in runs)
    print(f"\n{len(runs)} benchmarks with {held} targets in {took_s / 60:.1f} min; {len(missed) or 'none'} missed.")
    print("\n".join(f"  missed: {text}" for text in missed))
    return 1 if missed else 0


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the project and its peers.")
    parser.add_argument("name", nargs="?", choices=[*names(), "all"], help="which benchmark to run")
    parser.add_argument("--list", action="store_true", help="name them all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: wider spread, same comparison")
    parser.add_argument("--write", action="store_true", help="write the figures into benchmarks/README.md")
    parser.add_argument("--render", action="store_true", help="write that book anew from the last figures, run nothing")
    return parser.parse_args(arguments)


def main() -> int:
    """Do what the command line says."""
    options = parsed()
    if options.render:
        book.write(book.load_runs(), names())
        return 0
    if options.list or not options.name:
        width = max(map(len, names()))
        print("\n".join(f"{name:<{width}}  {what}" for name, what in names().items()))
        return 0
    if options.name == "all" or options.write:
        wanted = names() if options.name == "all" else [options.name]
        return run_each(wanted, is_quick=options.quick, writes=options.write)
    result = run(options.name, options.quick)
    print(result.as_json() if options.json else result.as_text())
    return 0 if result.ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("Stopped. What was done before is kept.")
        sys.exit(130)
    except book.BookError as wrong:
        sys.exit(str(wrong))
