"""Cached values as bytes. The types that survive the round trip are listed here; every other is refused at write.

MessagePack, with extensions for what it has no word for. Pickle would take anything and run what it reads; JSON would
turn a Decimal or a row into a string that the next reader takes for the real thing.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import starmap
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

import msgpack
from django.utils.safestring import SafeString, mark_safe

from omniwriter.cache.errors import UncacheableError, UnreadableError

Record = TypeVar("Record", bound=type)

_AS_DATETIME = 3
_BUFFER_BYTES = 4096  # to begin with: the library's 256 KiB for each nested record take most of the time


class _Record(NamedTuple):
    """How a registered class is taken apart and put together."""

    number: int
    fields: tuple[str, ...]
    make: Callable[..., Any]


_records: dict[type, _Record] = {}
_by_number: dict[int, _Record] = {}


def cacheable(cls: Record) -> Record:
    """Let a NamedTuple or a dataclass be cached; used as a decorator.

    Its name and fields make the number it is stored under, so a value written before a field was added is not read
    after it.
    """
    is_tuple = issubclass(cls, tuple)
    fields = cls._fields if is_tuple else tuple(field.name for field in dataclasses.fields(cls))  # type: ignore[attr-defined]
    text = f"{cls.__module__}.{cls.__qualname__}({','.join(fields)})"
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")
    _records[cls] = _by_number[number] = _Record(number, tuple(fields), cls)
    return cls


def encode(value: Any) -> bytes:
    """Return a value as bytes; raises UncacheableError that names the type when it would not come back as it was."""
    try:
        return _pack(_tabled(value))
    except UncacheableError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise UncacheableError(f"A {type(value).__name__} can't be cached: {error}") from error


def decode(packed: bytes) -> Any:
    """Return the value that ``encode`` was given; raises UnreadableError for anything else."""
    try:
        return _unpack(packed)
    except UnreadableError:
        raise
    except Exception as error:  # bytes that somebody else wrote may fail in any way
        raise UnreadableError(f"Not a cached value: {error}") from error


def _pack(value: Any) -> bytes:
    packer = msgpack.Packer(default=_extended, strict_types=True, datetime=True, buf_size=_BUFFER_BYTES)
    return cast("bytes", packer.pack(value))


def _unpack(packed: bytes) -> Any:
    return msgpack.unpackb(packed, ext_hook=_restored, strict_map_key=False, timestamp=_AS_DATETIME)


def _extended(value: Any) -> Any:
    """Return what stands for a value that MessagePack has no word for."""
    kind = type(value)
    record = _records.get(kind)
    if record is not None:
        return msgpack.ExtType(_RECORD, _pack([record.number, *map(_tabled, _values(value, record))]))
    if isinstance(value, enum.Enum) and isinstance(value, str | int):
        return value.value
    extension = _EXTENSIONS.get(kind)
    if extension is None:
        raise UncacheableError(
            f"A {kind.__module__}.{kind.__qualname__} can't be cached. Return plain values, or a NamedTuple or a "
            "dataclass marked with omniwriter.cache.cacheable."
        )
    return msgpack.ExtType(extension.code, extension.pack(value))


def _tabled(value: Any) -> Any:
    """Return a list of records of one class as a table, which is read twice as fast as records one by one."""
    if type(value) is not list or not value:
        return value
    record = _records.get(type(value[0]))
    if record is None or any(type(item) is not record.make for item in value):
        return value
    return msgpack.ExtType(_TABLE, _pack([record.number, [list(_values(item, record)) for item in value]]))


def _values(value: Any, record: _Record) -> Iterable[Any]:
    return value if isinstance(value, tuple) else [getattr(value, name) for name in record.fields]


def _restored(code: int, packed: bytes) -> Any:
    unpack = _UNPACK.get(code)
    if unpack is None:
        raise UnreadableError(f"There is no extension {code}.")
    return unpack(packed)


def _pack_datetime(value: datetime) -> bytes:
    """Pack one without a zone; MessagePack itself has a word for one with a zone, and reads it back in UTC."""
    return _pack([value.isoformat(), value.fold])


def _unpack_datetime(packed: bytes) -> datetime:
    text, fold = _unpack(packed)
    return datetime.fromisoformat(text).replace(fold=fold)


def _pack_time(value: time) -> bytes:
    if value.tzinfo is not None:
        raise UncacheableError("A time with a time zone can't be cached. Use a datetime.")
    return value.isoformat().encode()


def _unpack_record(packed: bytes) -> Any:
    number, *values = _unpack(packed)
    return _make_of(number)(*values)


def _unpack_table(packed: bytes) -> list[Any]:
    number, rows = _unpack(packed)
    return list(starmap(_make_of(number), rows))


def _make_of(number: int) -> Callable[..., Any]:
    record = _by_number.get(number)
    if record is None:
        raise UnreadableError("The record's class has other fields now, or is not there any more.")
    return record.make


class _Extension(NamedTuple):
    """A type with its code and its way to bytes and back."""

    code: int
    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


_RECORD, _TABLE = 1, 12
_EXTENSIONS: dict[type, _Extension] = {
    tuple: _Extension(2, lambda value: _pack(list(value)), lambda packed: tuple(_unpack(packed))),
    set: _Extension(3, lambda value: _pack(list(value)), lambda packed: set(_unpack(packed))),
    frozenset: _Extension(4, lambda value: _pack(list(value)), lambda packed: frozenset(_unpack(packed))),
    datetime: _Extension(5, _pack_datetime, _unpack_datetime),
    date: _Extension(6, lambda value: value.isoformat().encode(), lambda packed: date.fromisoformat(packed.decode())),
    time: _Extension(7, _pack_time, lambda packed: time.fromisoformat(packed.decode())),
    timedelta: _Extension(
        8,
        lambda value: _pack([value.days, value.seconds, value.microseconds]),
        lambda packed: timedelta(*_unpack(packed)),
    ),
    Decimal: _Extension(9, lambda value: str(value).encode(), lambda packed: Decimal(packed.decode())),
    UUID: _Extension(10, lambda value: value.bytes, lambda packed: UUID(bytes=packed)),
    SafeString: _Extension(11, lambda value: str(value).encode(), lambda packed: mark_safe(packed.decode())),  # noqa: S308
}
_UNPACK = {
    _RECORD: _unpack_record,
    _TABLE: _unpack_table,
    **{extension.code: extension.unpack for extension in _EXTENSIONS.values()},
}
