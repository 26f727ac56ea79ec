"""Benchmarks: every performance claim of this project, with the peers measured in the same run.

``python -m benchmarks --list`` names them, ``python -m benchmarks NAME`` runs one. A benchmark is a module here with a
function ``run(quick: bool) -> Result`` and a ``SECTION``; adding one is adding a file and its place in ``README.md``.
"""
