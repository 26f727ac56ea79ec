"""How hard a text is to read: Flesch's reading ease, and sentences that are too long.

English: Flesch, R. (1948), "A new readability yardstick", Journal of Applied Psychology 32, 221-233:
206.835 - 1.015 ASL - 84.6 ASW. Portuguese: Martins, T. B. F., Ghiraldelo, C. M., Nunes, M. G. V., Oliveira Jr., O. N.
(1996), "Readability formulas applied to textbooks in Brazilian Portuguese", Notas do ICMSC 28: the same with 248.835,
as Portuguese words have more syllables. ASL is the average number of words in a sentence, ASW of syllables in a word.
The formulas see lengths and nothing else: a clear text with long names does badly, nonsense in short words does well.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from articles.enums import Language
from articles.quality.reading import Hint, Level, Reading
from articles.quality.syllables import syllables

MIN_WORDS = 100  # below that one long sentence decides
LONG_SENTENCE_WORDS = 35
_MAX_SENTENCES_TOLD = 5
_BASE = {Language.ENGLISH.value: 206.835, Language.PORTUGUESE.value: 248.835}
_HARD, _VERY_HARD = 50, 25


def reading_ease(reading: Reading) -> float | None:
    """Return Flesch's reading ease, about 0 (hard) to 100 (easy); None of a text too short to tell."""
    words, language = reading.words, reading.content.language
    if len(words) < MIN_WORDS:
        return None
    per_sentence = len(words) / len(reading.sentences)
    per_word = sum(syllables(word, language) for word in words) / len(words)
    return _BASE.get(language, _BASE[Language.ENGLISH]) - 1.015 * per_sentence - 84.6 * per_word


def check_readability(reading: Reading) -> Iterable[Hint]:
    """Tell when the text is hard to read."""
    ease = reading_ease(reading)
    if ease is None or ease >= _HARD:
        return
    figures = {"ease": max(0, round(ease)), "average": round(len(reading.words) / len(reading.sentences))}
    if ease < _VERY_HARD:
        yield Hint(
            "readability.very_hard",
            Level.ADVICE,
            _(
                "Very hard to read: reading ease %(ease)d of 100, %(average)d words a sentence. "
                "Split long sentences and choose shorter words."
            )
            % figures,
        )
    else:
        yield Hint(
            "readability.hard",
            Level.INFO,
            _(
                "Rather hard to read: reading ease %(ease)d of 100, %(average)d words a sentence. "
                "Fine for specialists; for everybody else, shorter sentences help most."
            )
            % figures,
        )


def check_sentences(reading: Reading) -> Iterable[Hint]:
    """Point at the longest sentences."""
    long = [sentence for sentence in reading.sentences if len(sentence.words) > LONG_SENTENCE_WORDS]
    longest = sorted(long, key=lambda sentence: -len(sentence.words))[:_MAX_SENTENCES_TOLD]
    for sentence in sorted(longest, key=lambda sentence: sentence.line):
        yield Hint(
            "readability.long_sentence",
            Level.ADVICE,
            _("A sentence of %(words)d words. Make two of it, or cut what the reader can do without.")
            % {"words": len(sentence.words)},
            sentence.line,
        )
