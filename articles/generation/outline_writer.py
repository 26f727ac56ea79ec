"""Asking for an article's sections. A model whose titles are of little use gets a second chance."""

from __future__ import annotations

from articles.generation.manners import manner_of
from articles.generation.outlines import LEAST_TITLES, filled_up, is_stand_in, merged, titles_begun, titles_in
from articles.generation.prompts import Manner, outline_count, outline_request
from articles.generation.wishes import ArticleWish, wish_of
from articles.generation.writers import Pen, Result, Seen, seed_of
from articles.models import Article, GenerationJob

_LEAST_OF_SMALL = LEAST_TITLES - 1  # its reader waits, and the stand-ins are at least on the subject


class OutlineWriter:
    """Proposes the sections of an article: ``result`` is ``{"outline": […]}``."""

    def write(self, pen: Pen) -> Result:
        """Write the titles."""
        wish = wish_of(pen.job.parameters, pen.job.language)
        titles = _outline_of(pen, wish, manner_of(pen.job))
        return Result("\n".join(f"- {title}" for title in titles), {"outline": titles})

    def finish(self, job: GenerationJob, result: Result) -> Article | None:
        """Nothing comes of it but the result."""
        return None


def outline_begun(pen: Pen, wish: ArticleWish, manner: Manner) -> list[str]:
    """Return the titles to begin an article with: a small model's second chance comes after the first section.

    Its answers take a second, which whoever waits for the first words would have to wait once more.
    """
    if not manner.is_small:
        return _outline_of(pen, wish, manner)
    pen.stage("outline")
    return filled_up(_asked(pen, wish, manner, [], 0, seen=_shown(pen, wish, manner, [])), outline_count(wish), wish)


def outline_mended(pen: Pen, wish: ArticleWish, manner: Manner, titles: list[str]) -> list[str]:
    """Return the titles of which the first is written, those that stand in for a small model's asked for again."""
    own = _own(titles)
    if not manner.is_small or wish.outline or len(own) >= _LEAST_OF_SMALL:
        return titles
    pen.stage("outline", sections=len(titles))
    kept = merged(titles[:1], own)
    more = _asked(pen, wish, manner, kept, 1)
    _tell(pen, manner, _own(more))
    mended = filled_up(more, len(titles), wish)
    pen.outline(mended)
    return mended


def _outline_of(pen: Pen, wish: ArticleWish, manner: Manner) -> list[str]:
    """Ask up to twice; what no answer gives is filled up with titles that fit any subject, with a note."""
    pen.stage("outline")
    titles: list[str] = []
    for attempt in range(2):
        titles = _asked(pen, wish, manner, titles, attempt, seen=_shown(pen, wish, manner, titles))
        if len(titles) >= _least(manner):
            break
    _tell(pen, manner, titles)
    return filled_up(titles, outline_count(wish), wish)


def _asked(
    pen: Pen, wish: ArticleWish, manner: Manner, titles: list[str], attempt: int, *, seen: Seen | None = None
) -> list[str]:  # fmt: skip
    """Return the titles, and what one more answer adds."""
    request = outline_request(wish, manner, seed=seed_of(pen.job, 0, attempt))
    answer = pen.ask(request, purpose="outline", seen=seen)
    return merged(titles, titles_in(answer, wish, near=manner.is_small))


def _shown(pen: Pen, wish: ArticleWish, manner: Manner, before: list[str]) -> Seen:
    """Return what shows the titles one by one as they come: the first words that a reader sees of a model."""

    def seen(answer: str) -> None:
        if titles := merged(before, titles_begun(answer, wish, near=manner.is_small)):
            pen.outline(titles)

    return seen


def _tell(pen: Pen, manner: Manner, own: list[str]) -> None:
    if len(own) < _least(manner):
        pen.note("outline_fallback", kept=len(own))


def _least(manner: Manner) -> int:
    return _LEAST_OF_SMALL if manner.is_small else LEAST_TITLES


def _own(titles: list[str]) -> list[str]:
    return [title for title in titles if not is_stand_in(title)]
