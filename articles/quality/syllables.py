"""How many syllables a word has, by rules: good for averages over a text, wrong for single words now and then."""

from __future__ import annotations

import re
from functools import lru_cache

from articles.enums import Language

_CACHED_WORDS = 20_000

# English: groups of vowels, less the silent ones, plus the pairs that are two sounds.
_EN_GROUPS = re.compile(r"[aeiouy]+")
_EN_SILENT = re.compile(r"(?:[^aeiouylr]|[aeiouy][lr])e$|[^aeioudt]ed$|(?:[^aeiouyhlrsxzcg]|[aeiouy][lr])es$")
_EN_SILENT_INSIDE = re.compile(r"[^aeiouy]e(?:ly|ful|less|ment|ness|where|thing|times?)")
_EN_SPLIT = re.compile(r"i[aou]|eo|[^qg]ua|oe[mt]|[aeo]ing|[aeiou]ism|(?:s|th)ms?$|\By[aeiou](?=[a-z]*[aeiou])")
_EN_JOINED = re.compile(r"[cst]i(?:on|an|ous|al|a\b|ent|en)|[gx]i(?:on|ous)|geo|ueue")
_EN_EXCEPTIONS = {
    "every": 2,
    "people": 2,
    "business": 2,
    "the": 1,
    "queue": 1,
    "area": 3,
    "idea": 3,
    "create": 2,
    "created": 3,
    "being": 2,
    "science": 2,
    "quiet": 2,
    "something": 2,
    "everything": 3,
    "reality": 4,
    "really": 2,
    "evening": 2,
    "said": 1,
    "once": 1,
    "one": 1,
    "ones": 1,
    "sometimes": 2,
    "year": 1,
    "theatre": 3,
    "react": 2,
    "video": 3,
    "therefore": 2,
}

# Portuguese: nuclei. A pair of vowels is one when the second is an unstressed i or u, or the pair a nasal one.
_PT_GLIDE = re.compile(r"([qg])[uü](?=[aeioáéíóâêôãõ])")
_PT_VOWELS = "aeiouáéíóúâêôãõàü"
_PT_GROUPS = re.compile(f"[{_PT_VOWELS}]+")
_PT_FALLING = re.compile("[aeoáéóâêôãõ][iu]|ui|iu|ú[i]|í[u]|ão|ãe|õe")
_PT_ACCENTED = re.compile("[áéíóúâêô]")
_PT_RISING_END = re.compile("[eiou][aeo](?=s?$)")
_PT_CLOSED = re.compile("[iu](?=nh|[nmrlz](?:[^aeiouáéíóúâêôãõàh]|$))")
_PT_EXCEPTIONS = {"ao": 1, "aos": 1}


@lru_cache(maxsize=_CACHED_WORDS)
def syllables(word: str, language: str) -> int:
    """Return the syllables of a word in lower case; at least one, and those of its parts when it has hyphens."""
    parts = [part for part in re.split("[-'’]", word) if part] or [word]
    count = _portuguese if language == Language.PORTUGUESE else _english
    return sum(count(part) for part in parts if len(part) > 1 or len(parts) == 1) or 1


def _english(word: str) -> int:
    if word in _EN_EXCEPTIONS:
        return _EN_EXCEPTIONS[word]
    found = len(_EN_GROUPS.findall(word))
    found -= bool(_EN_SILENT.search(word)) + len(_EN_SILENT_INSIDE.findall(word))
    found += len(_EN_SPLIT.findall(_EN_JOINED.sub("e", word)))
    return max(1, found)


def _portuguese(word: str) -> int:
    if word in _PT_EXCEPTIONS:
        return _PT_EXCEPTIONS[word]
    word = _PT_GLIDE.sub(r"\1", word)
    total = 0
    for group in _PT_GROUPS.finditer(word):
        total += _nuclei(group.group(), word, group.start())
    return max(1, total)


def _nuclei(group: str, word: str, start: int) -> int:
    """Return how many syllables a run of vowels makes."""
    at, found = 0, 0
    while at < len(group):
        found += 1
        at += 2 if _is_one(group, at, word, start) else 1
    return found


def _is_one(group: str, at: int, word: str, start: int) -> bool:
    pair = group[at : at + 2]
    if len(pair) < 2:
        return False
    if _PT_FALLING.fullmatch(pair):
        return at + 2 < len(group) or not _PT_CLOSED.match(word, start + at + 1)
    is_end = start + at + 2 >= len(word.removesuffix("s"))
    stressed_before = _PT_ACCENTED.search(word, 0, start + at)
    return bool(is_end and stressed_before and _PT_RISING_END.fullmatch(pair))
