"""Words said twice, words that come back too soon, phrases that come back at all."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from articles.quality.reading import Hint, Level, Reading

_MIN_LETTERS = 5
_NEAR_WORDS, _NEAR_TIMES = 40, 4
_PHRASE_WORDS, _PHRASE_TIMES = 4, 3
_MAX_TOLD = 5
# Of five letters and more, as shorter words are never counted.
_COMMON_WORDS = """
    about above after again against along among another anything because before being below between beyond
    cannot could doesn during either every everything first found having itself little might never nothing often
    other others rather really shall should since something still their theirs themselves there these thing
    things those though three through together toward under until where whether which while whose within without
    would yourself agora ainda algum alguma algumas alguns alguém antes apenas aquela aquelas aquele aqueles
    aquilo assim cada coisa coisas contra depois desde dessa dessas desse desses desta destas deste destes disso
    disto duas durante embora então entre enquanto essas esses estar estas estava estavam esteja estes estou
    está estão fazer foram fosse havia isso lhes logo maior maioria mais mesma mesmas mesmo mesmos minha minhas
    muita muitas muito muitos nada naquela naquele nessa nesse nesta neste nisso nosso nossa nossos nossas nunca
    onde outra outras outro outros para pela pelas pelo pelos pode podem poder porque pouco primeira primeiro
    próprio própria qual quais qualquer quando quanto quase quem seja sejam sempre sendo seria seriam será serão
    sobre somente também tanto tenha tinha tinham todas todos toda todo três tudo você vocês
"""
_COMMON = frozenset(_COMMON_WORDS.split())
# Said twice on purpose.
_DOUBLES = frozenset(("had", "that", "muito", "logo", "cada", "bem", "tão", "blá"))

_Placed = tuple[str, int]


def check_repetition(reading: Reading) -> Iterable[Hint]:
    """Point at what is repeated."""
    yield from _doubled(reading)
    placed = [(word, sentence.line) for sentence in reading.sentences for word in sentence.words]
    yield from _near(placed)
    yield from _phrases(reading)


def _doubled(reading: Reading) -> Iterator[Hint]:
    told = 0
    for sentence in reading.sentences:
        for one, two in zip(sentence.words, sentence.words[1:], strict=False):
            if one == two and one not in _DOUBLES and told < _MAX_TOLD:
                told += 1
                yield Hint(
                    "repetition.doubled",
                    Level.ADVICE,
                    _("“%(word)s %(word)s”: a word twice in a row. Take one out.") % {"word": one},
                    sentence.line,
                )


def _near(placed: list[_Placed]) -> Iterator[Hint]:
    recent: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_NEAR_TIMES))
    told: set[str] = set()
    for position, (word, line) in enumerate(placed):
        if len(word) < _MIN_LETTERS or word in _COMMON or word in told:
            continue
        places = recent[word]
        places.append(position)
        if len(places) == _NEAR_TIMES and position - places[0] <= _NEAR_WORDS:
            told.add(word)
            yield Hint(
                "repetition.word",
                Level.INFO,
                _("“%(word)s” stands %(times)d times within %(words)d words. Vary it, or say it once.")
                % {"word": word, "times": _NEAR_TIMES, "words": position - places[0] + 1},
                line,
            )
            if len(told) == _MAX_TOLD:
                return


def _phrases(reading: Reading) -> Iterator[Hint]:
    counts: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], int] = {}
    for sentence in reading.sentences:
        words = sentence.words
        for phrase in zip(*(words[at:] for at in range(_PHRASE_WORDS)), strict=False):
            counts[phrase] += 1
            first.setdefault(phrase, sentence.line)
    taken: set[str] = set()
    told = 0
    for phrase, times in counts.most_common():
        if times < _PHRASE_TIMES or told == _MAX_TOLD:
            return
        if not taken.isdisjoint(phrase) or all(len(word) < _MIN_LETTERS for word in phrase):
            continue
        taken.update(phrase)
        told += 1
        yield Hint(
            "repetition.phrase",
            Level.INFO,
            _("The phrase “%(phrase)s” stands %(times)d times. Say it another way now and then.")
            % {"phrase": " ".join(phrase), "times": times},
            first[phrase],
        )
