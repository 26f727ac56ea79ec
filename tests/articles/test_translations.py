"""The site in Brazilian Portuguese, whole."""

from __future__ import annotations

import re
from pathlib import Path

import polib

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "locale/pt_BR/LC_MESSAGES"


def test_every_text_of_the_catalogue_is_translated() -> None:
    catalogue = polib.pofile(str(FOLDER / "django.po"))

    assert catalogue.untranslated_entries() == []
    assert catalogue.fuzzy_entries() == []


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    source, compiled = polib.pofile(str(FOLDER / "django.po")), polib.mofile(str(FOLDER / "django.mo"))

    assert {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in compiled} == {
        entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in source
    }


def test_every_text_of_templates_and_code_is_in_the_catalogue() -> None:
    known = {entry.msgid for entry in polib.pofile(str(FOLDER / "django.po"))}
    templates = "\n".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    folders = (ROOT / "articles", ROOT / "omniwriter")
    code = "\n".join(path.read_text() for folder in folders for path in folder.rglob("*.py"))

    said = {match[2] for match in re.finditer(r"""translate (["'])(.+?)\1 %}""", templates)}
    said |= {match[1] for match in re.finditer(r'\b(?:_|gettext)\("([^"]+)"\)', code)}

    assert len(said) > 40
    assert said - known == set()
