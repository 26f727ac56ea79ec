"""What of an article goes into the index: folded words, and the facets that results are narrowed by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelsearch import index

from articles.search.words import folded_words, plain

if TYPE_CHECKING:
    from articles.models import Article

TITLE_BOOST = 8.0
WORDS_BOOST = 2.0


class Folded(index.SearchField):
    """A text that is searched by its folded words."""

    def __init__(self, field_name: str, *, boost: float | None = None, clean: Callable[[str], str] = str) -> None:
        super().__init__(field_name, boost=boost)
        self._clean = clean

    def get_value(self, obj: Any) -> str:
        """Return the words of the field's text."""
        return folded_words(self._clean(super().get_value(obj) or ""))


class Facets(index.AutocompleteField):
    """What results are narrowed by, as words of a column of their own.

    A filter outside the index would be applied to candidates that were cut off already; so the index knows it.
    """

    def get_value(self, obj: Article) -> str:
        """Return the article's facets, one space between two."""
        facets = [language_facet(obj.language), *(tag_facet(tag.pk) for tag in obj.tags.all())]
        return " ".join(facets if obj.category_id is None else [*facets, category_facet(obj.category_id)])


def language_facet(code: str) -> str:
    """Return the word that stands for a language."""
    return f"l{code.replace('-', '')}"


def category_facet(category_id: int) -> str:
    """Return the word that stands for a category; its number, as names change."""
    return f"c{category_id}"


def tag_facet(tag_id: int) -> str:
    """Return the word that stands for a tag."""
    return f"t{tag_id}"


ARTICLE_FIELDS = [
    Folded("title", boost=TITLE_BOOST),
    Folded("excerpt", boost=WORDS_BOOST),
    index.RelatedFields("tags", [Folded("name", boost=WORDS_BOOST), index.FilterField("id")]),
    index.RelatedFields("category", [Folded("name", boost=WORDS_BOOST)]),
    Folded("body", clean=plain),
    Facets("language"),
    index.FilterField("status"),
    index.FilterField("language"),
    index.FilterField("category"),
]
