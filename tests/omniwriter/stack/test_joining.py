"""Commands beside a stack that runs find its servers; those of one that is gone find nothing."""

from __future__ import annotations

import stat
from pathlib import Path

from omniwriter.stack.joining import FILE_NAME, joined, told
from omniwriter.stack.session import only_one

SERVERS = {"REDIS_URL": "unix:///var/valkey.sock", "OMNI_RELEASE": "3f2a"}


def test_a_command_beside_a_stack_reaches_its_servers_and_nothing_else_of_its_environment(tmp_path: Path) -> None:
    with only_one(tmp_path), told(tmp_path, SERVERS):
        assert joined({"PATH": "/bin"}, tmp_path) == {"PATH": "/bin", "REDIS_URL": "unix:///var/valkey.sock"}


def test_what_the_environment_sets_itself_stays(tmp_path: Path) -> None:
    with only_one(tmp_path), told(tmp_path, SERVERS):
        assert joined({"REDIS_URL": "redis://elsewhere"}, tmp_path) == {"REDIS_URL": "redis://elsewhere"}


def test_after_the_stack_there_is_no_word_of_it(tmp_path: Path) -> None:
    with only_one(tmp_path), told(tmp_path, SERVERS):
        pass
    assert joined({}, tmp_path) == {}
    assert not (tmp_path / FILE_NAME).exists()


def test_word_of_a_stack_that_was_killed_is_not_believed(tmp_path: Path) -> None:
    with told(tmp_path, SERVERS):
        assert joined({}, tmp_path) == {}


def test_damaged_word_is_none(tmp_path: Path) -> None:
    with only_one(tmp_path):
        (tmp_path / FILE_NAME).write_text("{not json")
        assert joined({"A": "b"}, tmp_path) == {"A": "b"}


def test_only_this_account_may_read_it(tmp_path: Path) -> None:
    with told(tmp_path, SERVERS):
        assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
