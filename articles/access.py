"""Who may do what with which article."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin

from articles.enums import Action, Status
from articles.models import Article, PromptTemplate
from articles.workflow import Stage, Standing, open_actions

Account = AbstractBaseUser | AnonymousUser

ADD = "articles.add_article"
VIEW = "articles.view_article"
CHANGE = "articles.change_article"
REVIEW = "articles.review_article"
PUBLISH = "articles.publish_article"

#: The groups a new site starts with; an administrator may change them.
GROUPS = {
    "Writers": (ADD, VIEW),
    "Editors": (ADD, VIEW, CHANGE, REVIEW, PUBLISH),
}


def may_read(account: Account, article: Article) -> bool:
    """Whether ``account`` may see it: anybody what is published, its author and who may view articles the rest."""
    if article.is_public:
        return True  # before the user is looked at, which would cost a query
    return article.author_id == account.pk or _has(account, VIEW)


def may_read_draft(account: Account, article: Article) -> bool:
    """Whether ``account`` may see what of ``article`` is not public: its text as it is being written, its revisions.

    Its author may, who may view articles, and whose work it is to edit, review or publish it.
    """
    return article.author_id == account.pk or _has(account, VIEW) or bool(standings(account, article))


def may_write(account: Account) -> bool:
    """Whether ``account`` has any business in the studio."""
    return any(_has(account, permission) for permission in (ADD, CHANGE, REVIEW, PUBLISH))


def may_edit(account: Account, article: Article) -> bool:
    """Whether ``account`` may change the text: its author who still may write, and who may change any article."""
    return Standing.EDIT in standings(account, article)


def is_writable(account: Account, article: Article) -> bool:
    """Whether the text of an article that ``account`` may edit can be changed where the article is.

    Not in the archive. A scheduled one goes out by itself, so only who may publish changes it; others take it off the
    schedule first.
    """
    if article.status == Status.SCHEDULED:
        return Standing.PUBLISH in standings(account, article)
    return article.status != Status.ARCHIVED


def standings(account: Account, article: Article) -> frozenset[Standing]:
    """Return what ``account`` is to ``article``. Nobody reviews a text of their own, but for a superuser."""
    found = set()
    is_own = account.pk is not None and article.author_id == account.pk
    if _has(account, CHANGE) or (is_own and _has(account, ADD)):
        found.add(Standing.EDIT)
    if _has(account, REVIEW) and (not is_own or getattr(account, "is_superuser", False)):
        found.add(Standing.REVIEW)
    if _has(account, PUBLISH):
        found.add(Standing.PUBLISH)
    return frozenset(found)


def stage_of(article: Article) -> Stage:
    """Return where ``article`` is; reads its draft unless that is joined."""
    status = Status(article.status)
    pending = article.pending if status is Status.PUBLISHED else None
    return Stage(
        status=status, has_changes=pending is not None, changes_in_review=pending is not None and pending.in_review,
        approved=article.approved_at is not None,
    )  # fmt: skip


def actions_for(account: Account, article: Article) -> list[Action]:
    """Return the steps ``account`` can take with ``article`` now."""
    return open_actions(stage_of(article), standings(account, article))


def may_change_prompt(account: Account, template: PromptTemplate) -> bool:
    """Whether ``account`` may change a prompt template: whoever made it, and who may change any article."""
    is_own = account.pk is not None and template.created_by_id == account.pk
    return (is_own and may_write(account)) or _has(account, CHANGE)


def _has(account: Account, permission: str) -> bool:
    return isinstance(account, PermissionsMixin) and account.is_active and account.has_perm(permission)
