"""What stands in the book's tables: each benchmark's own, and those about all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.report import AT_MOST, Target
from benchmarks.runs import Run, section_of
from benchmarks.tables import NOTHING, markdown, number

#: More missed targets than these are counted and not named; the table of targets names all.
MOST_NAMED = 3
_UNITS = {"us": "us", "ms": "ms", "pct": "%", "mib": "MiB", "ratio": "times", "s": "s"}

Runs = Mapping[str, Run]


def section_lines(name: str, run: Run | None) -> list[str]:
    """Return how a benchmark was run and its tables of figures."""
    section = section_of(name)
    if run is None:
        return [f"`python -m benchmarks {name}`: not run yet, bounded to {section.bound_s} s."]
    lines = [_circumstances(name, run, section.bound_s)]
    if run.result.error:
        return [*lines, "", f"**Failed:** {run.result.error}"]
    for table in section.tables:
        lines += ["", *table.lines(run.result.metrics)]
    return lines


def _circumstances(name: str, run: Run, bound_s: int) -> str:
    kind = "a quick run with fewer rounds, " if run.is_quick else ""
    targets = run.result.targets
    missed = [target.says for target in targets if not target.ok]
    named = "; ".join(missed) if len(missed) <= MOST_NAMED else f"{len(missed)} of {len(targets)} targets"
    verdict = f"missed: **{named}**" if missed else f"all {len(targets)} targets met"
    return (
        f"`python -m benchmarks {name}`, {kind}{_moment(run)}, {run.took_s:.0f} s of at most {bound_s}, "
        f"the machine {run.busy_before_pct:.0f} % busy before; {'no figures' if run.result.error else verdict}."
    )


def _moment(run: Run) -> str:
    return f"{run.began_at[:16].replace('T', ' ')} UTC"


def machine_lines(runs: Runs) -> list[str]:
    """Return a line for each machine and software that runs were made on, with the runs."""
    made_on: dict[tuple[str, ...], list[Run]] = {}
    for run in runs.values():
        made_on.setdefault(_machine(run), []).append(run)
    rows = []
    for machine, those in made_on.items():
        moments = sorted(map(_moment, those))
        names = "all" if len(made_on) == 1 else ", ".join(run.result.name for run in those)
        rows.append((*machine, moments[0], moments[-1], names))
    head = ("processor", "cores", "memory", "system", "Python", "Django", "first run", "last run", "benchmarks")
    return markdown(head, rows)


def _machine(run: Run) -> tuple[str, ...]:
    said = run.machine
    memory = f"{int(said['memory_bytes']) / 2**30:.0f} GiB"
    return str(said["cpu"]), str(said["cores"]), memory, str(said["system"]), str(said["python"]), str(said["django"])


def version_lines(runs: Runs) -> list[str]:
    """Return the version of everything that was measured or measured with, and in which benchmarks."""
    used: dict[tuple[str, str], list[str]] = {}
    for name, run in runs.items():
        for part, version in run.versions.items():
            used.setdefault((part, version), []).append(name)
    order = sorted(used, key=lambda pair: (pair[0].lower(), pair[1]))
    return markdown(("", "version", "in"), [(*pair, ", ".join(used[pair])) for pair in order])


def target_lines(runs: Runs) -> list[str]:
    """Return every target of every benchmark, and whether it was met."""
    rows: list[tuple[str, ...]] = []
    for name, run in runs.items():
        if run.result.error:
            rows.append((name, run.result.error, NOTHING, NOTHING, NOTHING, "**failed**"))
        rows += [(name, *_held(target)) for target in run.result.targets]
    head = ("benchmark", "what is held", "limit", "measured", "quartiles", "")
    return [_count(runs), "", *markdown(head, rows)]


def _count(runs: Runs) -> str:
    targets = [target for run in runs.values() for target in run.result.targets]
    failed = [name for name, run in runs.items() if run.result.error]
    quick = [name for name, run in runs.items() if run.is_quick]
    said = f"{sum(target.ok for target in targets)} of {len(targets)} targets are met"
    said += f"; failed: **{', '.join(failed)}**" if failed else ""
    return f"{said}; of quick runs: {', '.join(quick)}." if quick else f"{said}."


def _held(target: Target) -> tuple[str, ...]:
    unit = _UNITS.get(target.name.rpartition("_")[2], "")
    limit = f"{'at most' if target.bound == AT_MOST else 'at least'} {target.limit:g} {unit}".rstrip()
    quartiles = NOTHING if target.q1 is None or target.q3 is None else f"{number(target.q1)} to {number(target.q3)}"
    return target.says, limit, number(target.value), quartiles, "met" if target.ok else "**missed**"


#: Tables that are not of one benchmark.
SHARED: dict[str, Callable[[Runs], list[str]]] = {
    "machine": machine_lines, "targets": target_lines, "versions": version_lines,
}  # fmt: skip
