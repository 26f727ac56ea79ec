"""From what the editor's page sent to a saved article: reads a form or JSON, stores it, tells who else looks on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.cache import cache
from django.http import HttpRequest

from articles.content import Content
from articles.enums import RevisionKind
from articles.exceptions import StaleVersionError
from articles.models import Article
from articles.origins import with_machine_text
from articles.selectors.editor import article_to_edit, content_at
from articles.services.articles import article_create, article_save
from articles.services.proposals import proposals_take
from articles.services.revisions import revision_keep
from articles.slugs import free_slugs, slug_base
from articles.studio.forms import ArticleForm, form_data, initial_of
from articles.studio.presence import announce_saved

JSON = "application/json"
KINDS = {kind.value: kind for kind in (RevisionKind.AUTOSAVE, RevisionKind.SAVE)}
_MAX_RETRIES = 3
_KEY_KEPT_S = 86_400


class MalformedError(Exception):
    """The body is not what this address takes; the words say why."""


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, so that it is told in its own terms."""
    return request.content_type == JSON


def read_form(request: HttpRequest, article: Article | None) -> tuple[ArticleForm, RevisionKind]:
    """Return the form as it was sent and why it is saved; raises MalformedError.

    A script may leave out what it didn't change. A form sends all it has, and only when somebody asks for it.
    """
    if not wants_json(request):
        return ArticleForm(request.POST), RevisionKind.SAVE
    sent = read_json(request)
    kind = KINDS.get(sent.pop("kind", RevisionKind.SAVE.value))
    if kind is None:
        raise MalformedError(f"kind is one of {', '.join(KINDS)}.")
    if unknown := sorted(set(sent) - set(ArticleForm.base_fields)):
        raise MalformedError(f"Unknown fields: {', '.join(unknown)[:200]}.")
    kept = initial_of(article) if article else form_data(Content(title=""))
    return ArticleForm({**kept, **sent}), kind


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Return the object of texts and numbers that a script sent; raises MalformedError, RequestDataTooBig."""
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        raise MalformedError("The body is not JSON.") from None
    if not isinstance(sent, dict) or not all(isinstance(value, str | int | None) for value in sent.values()):
        raise MalformedError("The body is an object of texts and numbers.")
    return sent


def create(form: ArticleForm, *, author: AbstractBaseUser, kind: RevisionKind) -> Article:
    """Store a new article once: a second request with the page's own key changes the first one's article.

    The answer to the first may have been lost on its way, and the page then asks again. Raises ValidationError.
    """
    key = f"studio:new:{author.pk}:{form.cleaned_data['key']}"
    made = cache.get(key) if form.cleaned_data["key"] else None
    article = Article.objects.filter(pk=made, author_id=author.pk).first() if made else None
    if article is not None:
        return store(article, written(form, article, actor=author), version=1, actor=author, kind=kind)
    article = article_create(content=written(form, None, actor=author), author=author, kind=kind)
    proposals_take(job_ids=form.cleaned_data["accepted"], actor=author, article=article)
    if form.cleaned_data["key"]:
        cache.set(key, article.pk, _KEY_KEPT_S)
    return article


def written(form: ArticleForm, article: Article | None, *, actor: AbstractBaseUser) -> Content:
    """Return what a valid form holds, labelled for the proposals of a model that are in it."""
    took = proposals_take(job_ids=form.cleaned_data["accepted"], actor=actor, article=article)
    return with_machine_text(form.content()) if took else form.content()


def store(article: Article, content: Content, *, version: int, actor: AbstractBaseUser, kind: RevisionKind) -> Article:
    """Store the article's next version; raises what ``article_save`` raises.

    A step that others took in the meantime, such as a review, changed the version and not the text: that is no
    conflict. An asked-for save of what was autosaved keeps that revision for good.
    """
    content = _with_following_slug(article, content)
    for _attempt in range(_MAX_RETRIES):
        try:
            saved = article_save(article_id=article.pk, content=content, version=version, actor=actor, kind=kind)
            break
        except StaleVersionError as error:
            version = _version_of_same_text(article.pk, error)
    else:
        raise StaleVersionError(article.pk, version, version + 1)
    if kind is RevisionKind.SAVE:
        revision_keep(article_id=saved.pk, version=saved.version)
    if saved.version != version:
        announce_saved(article_id=saved.pk, version=saved.version, account=actor)
    return saved


def _version_of_same_text(article_id: int, stale: StaleVersionError) -> int:
    """Return the current version if its text is still the one the writer started from; else raise ``stale``."""
    current = article_to_edit(article_id=article_id)
    base = content_at(article=current, version=stale.given)
    if base is None or stale.given > current.version or not base.same_as(current.working()):
        raise stale
    return current.version


def _with_following_slug(article: Article, content: Content) -> Content:
    """Return it with an address that follows its title, as long as no reader knows the address.

    Autosave stores a title that is half typed, and the address made of it would stay for good.
    """
    is_made = article.slug.startswith(slug_base(article.title))
    is_left_alone = content.slug.strip() in ("", article.slug)
    if article.published_at or not is_made or not is_left_alone or content.title.strip() == article.title:
        return content
    base = slug_base(content.title.strip())
    if article.slug.startswith(base) and slug_base(article.title) == base:
        return content
    return replace(content, slug=next(free_slugs(base, Article.objects.exclude(pk=article.pk))))
