"""The Brazilian Portuguese catalogue: complete, with the same places to fill in, compiled as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest

import perfmon

FOLDER = Path(perfmon.__file__).parent / "locale" / "pt_BR" / "LC_MESSAGES"
CATALOGUE = polib.pofile(str(FOLDER / "django.po"))
_PLACE = re.compile(r"%\(\w+\)[sd]")


def test_every_text_is_translated():
    assert [entry.msgid for entry in CATALOGUE if not entry.translated() or entry.fuzzy] == []


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.msgid[:40])
def test_a_translation_fills_in_the_same_places(entry):
    for text in [entry.msgstr, *entry.msgstr_plural.values()]:
        if text:
            assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(entry.msgid))


def test_the_compiled_catalogue_is_the_written_one():
    compiled = {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in polib.mofile(str(FOLDER / "django.mo"))}
    assert compiled == {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in CATALOGUE}
