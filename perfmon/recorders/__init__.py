"""Recorders: each measures one kind of thing and only produces series; panels only read them.

A recorder is a class named in ``PERFMON["RECORDERS"]`` or, by a project, in ``PERFMON["EXTRA_RECORDERS"]``. ``install``
hooks it into the process once; a recorder with a ``sample`` method is asked for readings at every flush instead.
``uninstall`` takes every hook away again.
"""

from __future__ import annotations

from typing import Protocol

from django.utils.module_loading import import_string

from perfmon.conf import get_config
from perfmon.ingest import Sampler, ingest


class Recorder(Protocol):
    """What a dotted path in ``PERFMON["RECORDERS"]`` must name."""

    def install(self) -> None:
        """Hook into the process; called once, when Django is ready."""

    def uninstall(self) -> None:
        """Take the hooks away."""


_installed: list[Recorder] = []


def install_recorders() -> None:
    """Install the configured recorders, those with a ``sample`` method into the flush too."""
    if _installed or not get_config().enabled:
        return
    for path in get_config().all_recorders:
        recorder = import_string(path)()
        recorder.install()
        _installed.append(recorder)
        if isinstance(recorder, Sampler):
            ingest.samplers.append(recorder)


def uninstall_recorders() -> None:
    """Undo ``install_recorders``."""
    ingest.samplers.clear()
    while _installed:
        _installed.pop().uninstall()
