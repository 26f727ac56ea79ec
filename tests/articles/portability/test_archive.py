"""Archives of strangers: each trick is refused by name, and nothing of it is stored."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from articles.models import Article
from articles.portability.archive import STUDIO, TEXTS, Archive, Limits
from articles.portability.source import FaultError
from tests.articles.portability.conftest import Files, markdown

Pack = Callable[[Files], Path]
GOOD = ("en/good.md", markdown())


def opened(path: Path, **limits: Any) -> list[bytes]:
    """Read every text of an archive."""
    with path.open("rb") as file:
        archive = Archive(file, path.name, replace(STUDIO, **limits))
        return [archive.read(name) for name in archive.names(TEXTS)]


def refused(path: Path, **limits: Any) -> str:
    """Return why an archive, or a file in it, is not read."""
    with pytest.raises(FaultError) as error:
        opened(path, **limits)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../up.md", "leads out of the archive"),
        ("en/../../up.md", "leads out of the archive"),
        ("..\\up.md", "leads out of the archive"),
        ("/etc/cron.d/up.md", "absolute path"),
        ("C:/up.md", "absolute path"),
        ("\\\\host\\up.md", "absolute path"),
        ("n" * 301 + ".md", "no file name"),
    ],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(pack: Pack, name: str, why: str) -> None:
    assert why in refused(pack([GOOD, (name, markdown())]))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(pack: Pack, kind: int) -> None:
    entry = zipfile.ZipInfo("en/passwd.md")
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16

    assert "link or a device" in refused(pack([(entry, "/etc/passwd")]))


def test_two_files_of_one_name_are_refused_whatever_their_case(pack: Pack) -> None:
    assert "two files of this name" in refused(pack([GOOD, ("EN/Good.md", markdown())]))


def test_an_encrypted_file_is_refused(pack: Pack) -> None:
    path = pack([GOOD])
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)

    assert "encrypted" in refused(path)


def test_a_file_that_unpacks_to_far_more_than_it_packs_is_refused(pack: Pack) -> None:
    assert "far more than it packs" in refused(pack([("en/bomb.md", b"\0" * 1_900_000)]))


def test_a_file_that_is_too_large_is_refused_while_it_is_read(pack: Pack) -> None:
    assert "more than 1000 bytes" in refused(pack([("en/long.md", "word " * 2_000)]), text_bytes=1000)


def test_an_archive_that_is_too_large_in_all_is_refused_while_it_is_read(pack: Pack) -> None:
    files = [(f"en/{number}.md", "word " * 150_000) for number in range(4)]

    assert "more than 1 MiB unpacked" in refused(pack(files), total_bytes=1 << 20)


def test_a_size_that_lies_does_not_help(pack: Pack) -> None:
    path = pack([("en/liar.md", "word " * 100_000)])
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + offset, 10)
    path.write_bytes(data)

    assert "damaged" in refused(path)


def test_files_that_share_bytes_are_refused(pack: Pack) -> None:
    path = pack([("en/a.md", "a" * 5_000), ("en/b.md", "b" * 5_000)])
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)  # both begin at the archive's first byte
    path.write_bytes(data)

    assert "overlaps" in refused(path)


def test_an_archive_in_an_archive_is_not_opened(pack: Pack) -> None:
    path = pack([("inner.zip", b"PK\x03\x04 whatever"), GOOD])

    assert len(opened(path)) == 1
    with path.open("rb") as file:
        assert Archive(file, path.name, STUDIO).ignored() == ["inner.zip"]


def test_too_many_files_are_refused_before_they_are_listed(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack([(f"en/a-rather-long-name-to-fill-the-list-{'x' * 200}-{number}.md", "x") for number in range(50)])

    def never(*_args: object) -> None:
        raise AssertionError

    assert "more than 40 files" in refused(path, entries=40)
    monkeypatch.setattr(zipfile, "ZipFile", never)
    assert "more than 20 files" in refused(path, entries=20)


@pytest.mark.parametrize("data", [b"", b"no archive at all", b"PK\x05\x06", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_archive_is_told_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)

    assert "x.zip: The file is not a ZIP archive" in refused(path)


def test_a_cut_archive_is_refused(pack: Pack) -> None:
    path = pack([(f"en/{number}.md", markdown()) for number in range(20)])
    whole = path.read_bytes()
    for kept in range(0, len(whole), 97):
        path.write_bytes(whole[:kept])
        assert refused(path)


@pytest.mark.parametrize("name", ["__MACOSX/en/._a.md", "en/.hidden.md", ".DS_Store", "en/Thumbs.db"])
def test_litter_of_other_systems_is_passed_over(pack: Pack, name: str) -> None:
    path = pack([GOOD, (name, "\x00")])

    assert len(opened(path)) == 1


def test_a_damaged_file_is_told_and_the_others_are_imported(pack: Pack, bring: Callable[..., list[Any]]) -> None:
    path = pack([("en/bad.md", markdown("Bad") + "x" * 500), ("en/good.md", markdown("Good"))])
    data = bytearray(path.read_bytes())
    data[60:70] = b"\xff" * 10
    path.write_bytes(data)

    faults = bring(path)

    assert [fault.file for fault in faults] == ["en/bad.md"]
    assert [article.title for article in Article.objects.all()] == ["Good"]


def test_limits_of_the_studio_hold_a_whole_site_of_the_documented_size() -> None:
    assert isinstance(STUDIO, Limits)
    assert (STUDIO.articles, STUDIO.upload_bytes >> 20, STUDIO.total_bytes >> 20) == (2000, 64, 256)
