"""What is read most, lately."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from articles.caching import LISTS
from articles.enums import Language
from articles.models import Article
from articles.selectors.prepared import Prepared, Values
from articles.selectors.public import LOCAL_S, ArticleRow
from omniwriter.cache import Ttl, cache_query


@cache_query(name="articles.popular", namespaces=LISTS, ttl=Ttl.POPULAR, local_s=LOCAL_S)
def article_popular(*, limit: int, language: str | None = None) -> list[ArticleRow]:
    """Return the published articles with the most recent views; the limit is the caller's to check.

    One query for a language. Without one it is a query each, as the index ``article_popular`` begins with it.
    """
    languages = Language.values if language is None else [language]
    ranked = [row for code in languages for row in _RANKED.rows({"language": code}, limit=limit)]
    # The score and the id stand before the columns.
    ranked.sort(key=itemgetter(0, 1), reverse=True)
    return [ArticleRow(*columns) for _, _, *columns in ranked[:limit]]


def _ranked(values: Values) -> QuerySet[Article, Any]:
    articles = Article.objects.published().filter(language=values["language"]).order_by("-popularity", "-id")
    return articles.values_list("popularity", "pk", *ArticleRow._fields)


_RANKED = Prepared(Article, _ranked)
