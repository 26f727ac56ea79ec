"""Keys at rest: encrypted, read with older SECRET_KEYs, lost with a lost one."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from django.test import override_settings
from hypothesis import given

from articles.providers.secrets import SecretLost, hint_of, opened, resealed, sealed


@given(st.text(min_size=1, max_size=200))
def test_what_was_sealed_is_read_again_and_can_not_be_seen(key: str) -> None:
    assert opened(sealed(key)) == key
    assert sealed(key) != sealed(key)


def test_no_key_is_no_secret() -> None:
    assert (sealed(""), opened("")) == ("", "")


def test_a_rotated_secret_key_reads_and_renews_what_the_last_one_sealed() -> None:
    with override_settings(SECRET_KEY="old"):
        old = sealed("sk-planted")
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["older", "old"]):
        assert opened(old) == "sk-planted"
        new = resealed(old)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]):
        assert opened(new) == "sk-planted"
        with pytest.raises(SecretLost):
            opened(old)


@pytest.mark.parametrize("secret", ["nonsense", "gAAAAA==", "ключ"])
def test_what_was_never_sealed_is_lost(secret: str) -> None:
    with pytest.raises(SecretLost):
        opened(secret)


@pytest.mark.parametrize(("key", "hint"), [("sk-abcdefgh1234", "1234"), ("short", ""), ("", "")])
def test_a_hint_is_the_end_of_a_long_key_and_nothing_of_a_short_one(key: str, hint: str) -> None:
    assert hint_of(key) == hint
