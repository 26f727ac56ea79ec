"""What a database tells of its indexes, tables and foreign keys, in the same words for every vendor. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Index:
    """One index; of a partitioned table the whole of it, its partitions summed up. Names are quoted where they must be.

    ``keys`` are its key columns with everything that tells two apart (order, collation, operators), ``columns`` their
    names, ``included`` those it only carries. ``bound``: it backs a constraint, or replication. ``scans`` and
    ``size_bytes`` are None where the database doesn't count.
    """

    table: str
    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    included: tuple[str, ...] = ()
    method: str = "btree"
    predicate: str = ""
    unique: bool = False
    bound: bool = False
    valid: bool = True
    partitioned: bool = False
    size_bytes: int | None = None
    scans: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """How a table was read: ``sequential_rows`` in ``sequential_scans``, beside ``index_scans``."""

    name: str
    rows: int
    size_bytes: int
    sequential_scans: int
    sequential_rows: int
    index_scans: int


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a table that refer to another; ``rows`` of the table is None where it is not known."""

    table: str
    name: str
    columns: tuple[str, ...]
    refers_to: str
    rows: int | None = None
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of one database. ``since``: how far back its counts go; None where it doesn't count."""

    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    tables: tuple[Table, ...] = ()
    since: datetime | None = None
    concurrently: str = ""  # the word that lets the table be written meanwhile
    scans_elsewhere: dict[str, dict[str, int]] = field(default_factory=dict)  # by replica, then by index
