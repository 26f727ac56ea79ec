"""A database router for tests that run everything on one alias."""

from __future__ import annotations

from typing import Any


class To:
    """Sends every query to one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model: type, **hints: Any) -> str:
        return self.alias

    db_for_write = db_for_read

    def allow_relation(self, *objects: object, **hints: Any) -> bool:
        return True
