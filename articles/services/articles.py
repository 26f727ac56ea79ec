"""What changes an article's text, by every door."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from articles.access import ADD, is_writable, may_edit
from articles.content import CONTENT_COLUMNS, Content, count_words
from articles.enums import Action, Origin, RevisionKind, Status
from articles.exceptions import NotAllowedError, StaleVersionError, TransitionError
from articles.models import Article, Draft, SlugRedirect
from articles.origins import origin_after
from articles.rendering import excerpt_of
from articles.services.proposals import machine_wrote
from articles.services.taxonomy import tags_check, tags_set, tags_spelled
from articles.services.trail import audit_record, revision_record
from articles.slugs import free_slugs, slug_base
from articles.validators import validate_not_blank

# At most this many writers of one title can clash on the numbered slugs; the random ones after them don't.
_MAX_CLASHES = 20


def article_create(*, content: Content, author: AbstractBaseUser, kind: RevisionKind = RevisionKind.SAVE) -> Article:
    """Store a draft; without a slug it gets a free one, without an excerpt its first paragraph's.

    Raises ValidationError naming the fields, also when the given slug is taken. Whether ``author`` may write is the
    door's to check, as imports and the starter write for others.
    """
    content = content.stripped()
    article = Article(author_id=author.pk)
    content_check(article, content, needs_slug=False)
    _fill(article, content)
    with transaction.atomic():
        if content.slug:
            _insert_as(article, content.slug)
        else:
            _insert(article)
        tags_set(article=article, names=content.tags)
        revision_record(article=article, content=article.content(content.tags), kind=kind, actor=author)
        audit_record(article=article, action=Action.CREATE, actor=author, from_status="")
    return article


def article_save(
    *,
    article_id: int,
    content: Content,
    version: int,
    actor: AbstractBaseUser,
    kind: RevisionKind = RevisionKind.SAVE,
    name: str = "",
) -> Article:
    """Store what was written as the article's next version; of a published one, beside what readers see.

    ``version`` is the one the writer started from. What equals the stored text changes nothing. An approval ends with
    the text it was given to. The label of who wrote it is ``origin_after``'s to say. Raises ValidationError naming the
    fields, Article.DoesNotExist, NotAllowedError, StaleVersionError, TransitionError when nobody may write it at its
    status.
    """
    with transaction.atomic():
        article = article_lock(article_id)
        _check_may_save(article, actor, version)
        before, content = article.working(), _completed(article, content.stripped())
        content_check(article, content)
        origin = origin_after(before, content, kind=kind, machine_wrote=partial(machine_wrote, article.pk))
        content = replace(content, origin=origin)
        if content.same_as(before):
            return article
        article.version += 1
        article.approved_by, article.approved_at = None, None
        _store(article, content)
        revision_record(article=article, content=content, kind=kind, actor=actor, name=name)
    return article


def article_lock(article_id: int) -> Article:
    """Return the article with its draft, locked until the transaction ends; raises Article.DoesNotExist."""
    article = Article.objects.select_for_update(of=("self",)).select_related("author").get(pk=article_id)
    with suppress(ObjectDoesNotExist):
        _ = article.draft
    return article


def content_check(article: Article, content: Content, *, needs_slug: bool = True) -> None:
    """Raise ValidationError naming each field of ``content`` that ``article`` can't have."""
    candidate = Article(pk=article.pk, author_id=article.author_id)
    for column in CONTENT_COLUMNS:
        setattr(candidate, column, getattr(content, column))
    errors: dict[str, list[str]] = {}
    try:
        candidate.full_clean(exclude=["author"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors.update(error.message_dict)
    for check in (partial(tags_check, content.tags), partial(_check_slug, article, content.slug, needed=needs_slug)):
        try:
            check()
        except ValidationError as error:
            errors.update(error.message_dict if hasattr(error, "error_dict") else {"tags": error.messages})
    if errors:
        raise ValidationError(errors)


def ready_check(content: Content) -> None:
    """Raise ValidationError naming what an article must have before others are asked to read it."""
    try:
        validate_not_blank(content.body)
    except ValidationError as error:
        raise ValidationError({"body": error}) from None


def apply_content(article: Article, content: Content) -> None:
    """Make ``content`` the row's own text, and lead the slug it had, if readers knew it, to the new one."""
    before = article.slug
    _fill(article, content)
    article.slug = content.slug
    _save_as(article, content.slug)
    tags_set(article=article, names=content.tags)
    SlugRedirect.objects.filter(slug=article.slug).delete()
    if before != article.slug and article.published_at is not None:
        SlugRedirect.objects.update_or_create(slug=before, defaults={"article": article})


def may_create(account: AbstractBaseUser) -> bool:
    """Whether the account may write new articles."""
    return bool(account.is_active and account.has_perm(ADD))  # type: ignore[attr-defined]


def _check_may_save(article: Article, actor: AbstractBaseUser, version: int) -> None:
    if not may_edit(actor, article):
        raise NotAllowedError("save")
    if not is_writable(actor, article):
        raise TransitionError("save", article.status)
    if article.version != version:
        raise StaleVersionError(article.pk, version, article.version)


def _completed(article: Article, content: Content) -> Content:
    """Return it with a slug and an excerpt; an emptied slug stays what it was."""
    slug = content.slug or article.slug
    # A text that a machine had a part in stays marked, whatever form it came back through.
    origin = content.origin if content.origin in Origin.values else article.origin
    return replace(
        content, slug=slug, excerpt=content.excerpt or excerpt_of(content.body), origin=origin,
        tags=tags_spelled(content.tags),
    )  # fmt: skip


def _check_slug(article: Article, slug: str, *, needed: bool) -> None:
    if not slug and needed:
        raise ValidationError({"slug": _("An article needs an address.")})
    if slug and Article.objects.filter(slug=slug).exclude(pk=article.pk).exists():
        raise ValidationError({"slug": _("Another article has this slug.")}, code="unique")


def _store(article: Article, content: Content) -> None:
    if article.status == Status.PUBLISHED:
        fields = {"content": content.to_json(), "category_id": content.category_id, "in_review": False}
        pending, _created = Draft.objects.update_or_create(article=article, defaults=fields)
        article.draft = pending
        article.save(update_fields=["version", "approved_by", "approved_at", "updated_at"])
        return
    apply_content(article, content)


def _fill(article: Article, content: Content) -> None:
    for column in CONTENT_COLUMNS:
        if column != "slug":
            setattr(article, column, getattr(content, column))
    article.excerpt = content.excerpt or excerpt_of(content.body)
    article.words = count_words(content.body)


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
    try:
        _save_as(article, slug)
    except ValidationError:
        article.pk = None
        raise


def _save_as(article: Article, slug: str) -> None:
    article.slug = slug
    others = Article.objects.all() if article.pk is None else Article.objects.exclude(pk=article.pk)
    try:
        with transaction.atomic():  # a savepoint inside the caller's transaction, which a clash would end otherwise
            article.save(force_insert=article.pk is None)
    except IntegrityError:
        if not others.filter(slug=slug).exists():
            raise
        raise ValidationError({"slug": _("Another article has this slug.")}, code="unique") from None
