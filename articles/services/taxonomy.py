"""Tags are made as they are used."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.limits import MAX_SLUG_CHARS, MAX_TAG_CHARS, MAX_TAGS
from articles.models import Article, Tag
from articles.validators import validate_text


def tags_check(names: Sequence[str]) -> None:
    """Raise ValidationError naming ``tags`` when there are too many, or one is too long or has no letter."""
    if len(names) > MAX_TAGS:
        raise ValidationError({"tags": _("An article has at most %(most)d tags.") % {"most": MAX_TAGS}})
    for name in names:
        validate_text(name)
        if len(name) > MAX_TAG_CHARS:
            raise ValidationError({"tags": _("A tag has at most %(most)d characters.") % {"most": MAX_TAG_CHARS}})
        if not tag_slug(name):
            raise ValidationError({"tags": _("“%(tag)s” has no letter or digit.") % {"tag": name}})


def tags_set(*, article: Article, names: Sequence[str]) -> None:
    """Give the article these tags and no others, making those that are new; names of one slug are one tag."""
    wanted = {tag_slug(name): name for name in reversed(names)}
    Tag.objects.bulk_create([Tag(slug=slug, name=name) for slug, name in wanted.items()], ignore_conflicts=True)
    article.tags.set(Tag.objects.filter(slug__in=wanted))


def tags_spelled(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names as the tags that are there spell them; one of each slug."""
    wanted = {tag_slug(name): name for name in reversed(names)}
    known = dict(Tag.objects.filter(slug__in=wanted).values_list("slug", "name"))
    return tuple(reversed([known.get(slug, name) for slug, name in wanted.items()]))


def tag_slug(name: str) -> str:
    """Return a tag's address; letters of any script count, as few tags would have one otherwise."""
    return slugify(name)[:MAX_SLUG_CHARS] or slugify(name, allow_unicode=True)[:MAX_SLUG_CHARS]
