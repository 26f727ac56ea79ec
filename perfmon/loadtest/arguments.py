"""What the options of ``manage.py loadtest`` mean, checked before anything is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from perfmon.exceptions import LoadTestError
from perfmon.loadtest.conductor import Options
from perfmon.loadtest.plans import CLOSED, OPEN
from perfmon.loadtest.profile_files import read_profile
from perfmon.loadtest.profiles import PROFILES, Profile, get_profile
from perfmon.loadtest.thresholds import ThresholdError, parse

MOST_DURATION_S, MOST_TARGET, MOST_WORKERS = 86_400.0, 100_000.0, 64


def profile_of(options: dict[str, Any]) -> Profile:
    """Return the profile the options describe; raises LoadTestError naming the option and its fix."""
    profile = _profile(options["profile"])
    if options["rate"] is not None and options["users"] is not None:
        raise LoadTestError("--rate and --users exclude one another: arrivals a second, or users who wait.")
    for name, most in (("duration", MOST_DURATION_S), ("rate", MOST_TARGET), ("users", MOST_TARGET)):
        if options[name] is not None and not 0 < options[name] <= most:
            raise LoadTestError(f"--{name} must be more than 0 and at most {most:g}, not {options[name]:g}.")
    if profile.search and (options["duration"] or options["users"] or options["model"] == CLOSED):
        raise LoadTestError(f"The profile {profile.name!r} searches: leave --duration, --users and --model closed out.")
    model = options["model"] or (OPEN if options["rate"] else CLOSED if options["users"] else profile.model)
    profile = replace(profile, model=model, thresholds=(*profile.thresholds, *_limits(options["threshold"])))
    profile = profile.lasting(options["duration"]) if options["duration"] else profile
    target = options["rate"] or options["users"]
    return profile.peaking(target) if target else profile


def generators_of(options: dict[str, Any]) -> Options:
    """Return how many generator processes the options ask for; raises LoadTestError naming the option."""
    for name, most in (("workers", MOST_WORKERS), ("expect_workers", MOST_WORKERS), ("master_port", 65_535)):
        if not 0 <= options[name] <= most:
            raise LoadTestError(f"--{name.replace('_', '-')} must be from 0 to {most}, not {options[name]}.")
    if options["expect_workers"] and not options["master_port"]:
        raise LoadTestError("--expect-workers needs a --master-port that the other machines can reach.")
    return Options(options["workers"], options["master_port"], options["expect_workers"])


def _limits(texts: list[str]) -> list[str]:
    try:
        return [parse(text).text for text in texts]
    except ThresholdError as error:
        raise LoadTestError(f"--threshold: {error}") from error


def _profile(name: str) -> Profile:
    if name in PROFILES:
        return get_profile(name)
    if not name.endswith(".toml"):
        raise LoadTestError(f"--profile {name!r} is none of {', '.join(PROFILES)}, and no .toml file.")
    return read_profile(Path(name))
