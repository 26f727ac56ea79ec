"""Texts of a known number of words and syllables, and how the tests ask for the advice on one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice, product
from typing import Any

from articles.content import Content
from articles.quality.hints import Hint, hints_of
from articles.quality.reading import Reading

_CONSONANTS, _VOWELS = "bdfgklmnprtv", "ao"

ENGLISH = """A lamp that burns all night needs little care, but the care it needs can not wait.

## What the lamp wants

Trim the wick each evening. A clean wick gives a bright flame and no smoke. Fill the bowl to two thirds, so that the oil
has room to move when somebody lifts it. If the glass is black, wash it in warm water with a drop of soap.

![A brass lamp on a desk, lit](/media/images/lamp.jpeg)

## When it smokes

Most lamps smoke since the flame is too high. Turn it down and look again. When that does not help, the holes below the
burner are full of dust. A soft brush gets it out. The old trade has [a guide to burners](https://lamps.example/burners)
with a drawing of every part.

## Where to keep it

Keep it out of the wind, and far from curtains. A shelf at the height of your chest is best: you see the flame, and
children do not reach it. At the end of the winter, empty the bowl and dry it with a cloth. Oil that stands for months
turns thick, and no wick will drink it.
"""

PORTUGUESE = """Uma luz que fica acesa a noite toda pede pouco, mas o que pede não pode esperar.

## O que ela pede

Corte o pavio no fim da tarde. Um pavio limpo dá uma chama clara e sem fumo. Encha a base até a metade, pois o óleo
precisa de espaço. Se o vidro ficou preto, lave em água morna com uma gota de sabão.

![Uma luz de latão na mesa, acesa](/media/images/luz.jpeg)

## Quando sai fumo

Em geral a chama está alta demais. Baixe um pouco e olhe de novo. Se isso não ajuda, há pó nos furos da peça de baixo.
Um pincel macio tira tudo. A velha escola tem [um guia dos bicos](https://luzes.example/bicos) com o desenho de cada
parte.

## Onde guardar

Deixe longe do vento e dos panos da janela. Uma tábua na altura do peito é o melhor lugar: você vê a chama, e uma
criança não chega lá. No fim do inverno, tire o óleo e passe um pano seco. Óleo parado vira cola, e pavio nenhum bebe
cola. Se vai ficar sem uso, guarde a peça de vidro em uma caixa com jornal. O resto cabe em um saco de pano, no alto do
armário.
"""
STANDFIRST = "How to keep an oil lamp bright through the winter, without smoke and without much work."


def content(body: str = ENGLISH, **fields: Any) -> Content:
    """Return a content of which only the body, or what is named, may give rise to advice."""
    usual = {"title": "How to keep a lamp bright", "excerpt": STANDFIRST, "category_id": 1}
    return Content(body=body, **{**usual, **fields})


def advice(body: str = ENGLISH, *, article_id: int | None = None, **fields: Any) -> list[Hint]:
    """Return all hints on it."""
    return hints_of(Reading(content(body, **fields), article_id))


def found(code: str, body: str = ENGLISH, **fields: Any) -> list[Hint]:
    """Return the hints of one kind."""
    return [hint for hint in advice(body, **fields) if hint.code == code]


def lines(code: str, body: str) -> list[int | None]:
    """Return where one kind of hint points."""
    return [hint.line for hint in found(code, body)]


def words(count: int, syllables: int = 1) -> list[str]:
    """Return words of so many syllables in both languages, too short to count as coming back."""
    pieces = ["".join(pair) for pair in product(_CONSONANTS, _VOWELS)]
    heads = cycle("".join(parts) for parts in product(pieces, repeat=syllables))
    ends = cycle("gnr") if syllables == 1 else cycle([""])
    return [head + end for head, end in islice(zip(heads, ends, strict=False), count)]


def sentences(spoken: list[str], each: int = 10) -> str:
    """Return the words as sentences of ``each`` words, on one line."""
    return " ".join(_sentences(spoken, each))


def long_words(count: int, seed: int = 0) -> list[str]:
    """Return words that are all different, and different from those of another seed."""
    letters = str.maketrans("0123456789", "abcdefghij")
    return [f"{'klmnopqrst'[seed]}{number:04}".translate(letters) for number in range(count)]


def _sentences(spoken: list[str], each: int) -> Iterator[str]:
    for start in range(0, len(spoken), each):
        yield " ".join(spoken[start : start + each]).capitalize() + "."
