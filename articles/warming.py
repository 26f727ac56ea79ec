"""What is kept ready for the next reader: the lists that most readers begin with, made anew before they run out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from articles.api.schemas import ArticleListQuery, PopularQuery
from articles.enums import Language
from articles.selectors.popular import article_popular
from articles.selectors.public import article_list, category_list
from articles.site.feeds import FEED_ARTICLES
from articles.site.lists import PAGE_ARTICLES, POPULAR_ARTICLES


class Warmed(NamedTuple):
    """One result that was made anew, and how long that took."""

    what: str
    duration_ms: float


def warm() -> Iterator[Warmed]:
    """Make the hottest results anew, one after the other; readers go on reading what is kept meanwhile."""
    for what, make in _hottest():
        started = time.perf_counter()
        make()
        yield Warmed(what, 1000 * (time.perf_counter() - started))


def _hottest() -> Iterator[tuple[str, Callable[[], object]]]:
    for language in Language.values:
        yield f"sections, {language}", partial(category_list.warm, language=language)
        for limit in (PAGE_ARTICLES, FEED_ARTICLES):
            yield f"newest {limit}, {language}", partial(article_list.warm, limit=limit, language=language)
        yield f"most read, {language}", partial(article_popular.warm, limit=POPULAR_ARTICLES, language=language)
    yield "newest, API", partial(article_list.warm, limit=_default_limit(ArticleListQuery))
    yield "most read, API", partial(article_popular.warm, limit=_default_limit(PopularQuery))


def _default_limit(query: type[ArticleListQuery | PopularQuery]) -> int:
    limit: int = query.model_fields["limit"].default
    return limit
