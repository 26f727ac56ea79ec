"""What changes articles, by every door: the site's only writers."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.enums import Language, Status
from articles.exceptions import StatusError
from articles.models import Article
from articles.rendering import excerpt_of
from articles.slugs import free_slugs, slug_base

_WRITTEN = ("title", "slug", "body", "excerpt", "language")
# At most this many writers of one title can clash on the numbered slugs; the random ones after them don't.
_MAX_CLASHES = 20


def article_create(
    *,
    title: str,
    body: str,
    author: AbstractBaseUser,
    language: str = Language.ENGLISH,
    excerpt: str = "",
    slug: str = "",
) -> Article:
    """Store a draft; without a slug it gets a free one, without an excerpt its first paragraph's.

    Raises ValidationError naming the fields, also when the given slug is taken.
    """
    article = Article(title=title.strip(), slug=slug, body=body, excerpt=excerpt.strip(), language=language)
    article.author_id = author.pk
    article.full_clean(validate_unique=False, validate_constraints=bool(slug))
    article.excerpt = article.excerpt or excerpt_of(body)
    if slug:
        _insert_as(article, slug)
    else:
        _insert(article)
    return article


def article_update(*, article: Article) -> Article:
    """Store what was written as the article's next version; its way to the readers stays as it is stored.

    Raises ValidationError naming the fields, Article.DoesNotExist.
    """
    article.slug = article.slug or slug_base(article.title)
    article.excerpt = article.excerpt or excerpt_of(article.body)
    article.full_clean()
    with transaction.atomic():
        article.version = Article.objects.select_for_update().values_list("version", flat=True).get(pk=article.pk) + 1
        # Only these: a status that was read before another's publication would take the article off the site again.
        article.save(update_fields=[*_WRITTEN, "version", "updated_at"])
    return article


def article_publish(*, article_id: int) -> Article:
    """Show a draft to the readers from now on; one that is published stays as it is.

    Raises Article.DoesNotExist, StatusError from any other status, ValidationError when a field is not valid.
    """
    with transaction.atomic():
        article = Article.objects.select_for_update().get(pk=article_id)
        if article.status == Status.PUBLISHED:
            return article
        if article.status != Status.DRAFT:
            raise StatusError(article.status, Status.PUBLISHED)
        article.status = Status.PUBLISHED
        article.published_at = timezone.now()
        article.version += 1
        article.full_clean()
        article.save(update_fields=["status", "published_at", "version", "updated_at"])
    return article


def _insert(article: Article) -> None:
    """Store it under the first slug that is still free when it is stored."""
    candidates = free_slugs(slug_base(article.title), Article.objects.all())
    for slug, _attempt in zip(candidates, range(_MAX_CLASHES), strict=False):
        try:
            return _insert_as(article, slug)
        except ValidationError:
            continue
    raise ValidationError({"slug": _("No free address was found for this title. Try again.")}, code="unique")


def _insert_as(article: Article, slug: str) -> None:
    article.slug = slug
    try:
        with transaction.atomic():  # a savepoint inside the caller's transaction, which a clash would end otherwise
            article.save(force_insert=True)
    except IntegrityError:
        article.pk = None
        if not Article.objects.filter(slug=slug).exists():
            raise
        raise ValidationError({"slug": _("Another article has this slug.")}, code="unique") from None
