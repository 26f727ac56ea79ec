"""The Brazilian Portuguese catalogue: complete, with the same places to fill in, compiled as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

import perfmon

FOLDER = Path(perfmon.__file__).parent / "locale" / "pt_BR" / "LC_MESSAGES"
CATALOGUE = polib.pofile(str(FOLDER / "django.po"))
_PLACE = re.compile(r"%\(\w+\)[sd]")


def test_every_text_is_translated():
    assert [entry.msgid for entry in CATALOGUE if not entry.translated() or entry.fuzzy] == []


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.msgid[:40])
def test_a_translation_fills_in_the_same_places(entry):
    pairs = [(entry.msgid, entry.msgstr or entry.msgstr_plural[0])]
    if entry.msgid_plural:
        pairs.append((entry.msgid_plural, entry.msgstr_plural[1]))
    for source, text in pairs:
        assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(source))


def test_the_compiled_catalogue_is_the_written_one():
    assert _texts(polib.mofile(str(FOLDER / "django.mo"))) == _texts(CATALOGUE)


def _texts(catalogue):
    return {(entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in catalogue}


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: f"{entry.msgctxt or ''} {entry.msgid[:40]}")
def test_no_other_catalogue_puts_its_own_word_in_the_place(entry):
    """The project's and Django's win over an app's: a word that means something else there needs a context here."""
    with translation.override("pt-br"):
        said = translation.pgettext(entry.msgctxt, entry.msgid) if entry.msgctxt else translation.gettext(entry.msgid)

    assert said == (entry.msgstr or entry.msgstr_plural[0])
