"""The admin's other lists: few queries whatever their length, nothing secret, nothing changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import AccessToken, Article, AuditEntry, BulkJob, Category, Image, Revision, SlugRedirect, Tag
from articles.services.articles import article_save
from articles.services.tokens import token_create
from articles.tokens import Scope

Make = Callable[..., Article]
SCOPE = next(iter(Scope))
QUERIES = {  # user, count, rows
    "auditentry": 3, "revision": 3, "slugredirect": 3, "accesstoken": 3, "bulkjob": 3, "tag": 3, "image": 3,
    "category": 3,
}  # fmt: skip


@pytest.fixture
def rows(editor: Client, draft: Make) -> Article:
    """Ten rows of each kind, of one article and of its author."""
    article = draft(body="Nowhere in a list.")
    author = article.author
    for number in range(10):
        Revision.objects.create(
            article=article, version=number + 2, created_by=author, content=article.content([]).to_json()
        )
        AuditEntry.objects.create(
            article=article, title="Then", action="publish", to_status="published", version=2, actor=author
        )
        SlugRedirect.objects.create(slug=f"old-{number}", article=article)
        Image.objects.create(digest=f"{number:064}", name="a.png", alt="A lamp", width=9, height=9, uploaded_by=author)
        BulkJob.objects.create(kind="publish", owner=author)
        Tag.objects.create(name=f"Tag {number}", slug=f"tag-{number}")
        Category.objects.create(name=f"Category {number}", slug=f"category-{number}")
        token_create(user=author, scopes=[SCOPE], name="Script")
    return article


@pytest.mark.parametrize(("model", "queries"), list(QUERIES.items()))
def test_a_list_takes_the_same_few_queries_and_loads_no_texts(
    editor: Client, rows: Article, model: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = f"/admin/articles/{model}/"
    editor.get(address)

    with django_assert_num_queries(queries) as asked:
        page = editor.get(address)

    assert page.status_code == 200
    sent = " ".join(query["sql"] for query in asked.captured_queries)
    assert '"articles_article"."body"' not in sent
    assert '"articles_revision"."content"' not in sent


@pytest.mark.parametrize("model", ["auditentry", "revision", "accesstoken", "bulkjob", "slugredirect"])
def test_records_are_read_and_never_changed_by_hand(editor: Client, rows: Article, model: str) -> None:
    pk = {
        "auditentry": AuditEntry, "revision": Revision, "accesstoken": AccessToken, "bulkjob": BulkJob,
        "slugredirect": SlugRedirect,
    }[model].objects.order_by("-pk")[0].pk  # fmt: skip
    address = f"/admin/articles/{model}/{pk}/change/"

    assert editor.get(address).status_code == 200
    assert editor.post(address, {"name": "x"}).status_code == 403
    assert editor.get(f"/admin/articles/{model}/add/").status_code == 403
    if model != "slugredirect":
        assert editor.post(f"/admin/articles/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_records_are_found_by_their_article(editor: Client, rows: Article, draft: Make) -> None:
    draft("Curtains")

    found = editor.get("/admin/articles/auditentry/", {"q": "curtains"}).context["cl"].result_list

    assert [entry.title for entry in found] == ["Curtains"]


def test_tokens_are_revoked_and_their_secrets_never_shown(editor: Client, author: User) -> None:
    token, raw = token_create(user=author, scopes=[SCOPE], name="Script")

    shown = editor.get("/admin/articles/accesstoken/").content.decode()
    shown += editor.get(f"/admin/articles/accesstoken/{token.pk}/change/").content.decode()
    page = editor.post(
        "/admin/articles/accesstoken/", {"action": "revoke", "_selected_action": [token.pk]}, follow=True
    )

    token.refresh_from_db()
    assert raw not in shown
    assert token.digest not in shown
    assert token.revoked_at is not None
    assert "1 token is revoked." in page.content.decode()


def test_a_category_with_articles_is_not_deleted(editor: Client, draft: Make) -> None:
    category = Category.objects.create(name="Light", slug="light")
    draft(category_id=category.pk)

    page = editor.post(f"/admin/articles/category/{category.pk}/delete/", {"post": "yes"})

    assert "would require deleting the following protected related objects" in page.content.decode()
    assert Category.objects.filter(pk=category.pk).exists()


def test_a_category_that_waiting_changes_will_have_is_not_deleted(
    editor: Client, published: Make, author: User
) -> None:
    category, article = Category.objects.create(name="Light", slug="light"), published()
    changes = replace(article.working(), body="Changed.", category_id=category.pk)
    article_save(article_id=article.pk, content=changes, version=article.version, actor=author)

    page = editor.post(f"/admin/articles/category/{category.pk}/delete/", {"post": "yes"})

    assert "would require deleting the following protected related objects" in page.content.decode()
    assert Category.objects.filter(pk=category.pk).exists()


def test_an_image_of_somebody_else_is_changed_by_editors_only(rows: Article) -> None:
    image, helper = Image.objects.all()[0], User.objects.create_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=("view_image", "change_image")))
    client = Client()
    client.force_login(helper)

    page = client.post(
        f"/admin/articles/image/{image.pk}/change/", {"alt": "Mine", "focal_x_pct": 20, "focal_y_pct": 80}
    )

    assert page.status_code == 200
    assert "Only who uploaded it and editors may change its description." in page.content.decode()
    assert not Image.objects.filter(alt="Mine").exists()


def test_an_images_words_are_changed_and_checked(editor: Client, rows: Article) -> None:
    image = Image.objects.all()[0]
    address = f"/admin/articles/image/{image.pk}/change/"

    assert editor.post(address, {"alt": "A lit lamp", "focal_x_pct": 20, "focal_y_pct": 80}).status_code == 302
    refused = editor.post(address, {"alt": "", "focal_x_pct": 101, "focal_y_pct": -1})

    image.refresh_from_db()
    assert (image.alt, image.focal_x_pct, image.focal_y_pct) == ("A lit lamp", 20, 80)
    assert refused.context["adminform"].form.errors.keys() == {"alt", "focal_x_pct", "focal_y_pct"}
