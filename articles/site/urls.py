"""The addresses of the public site: the articles' own at the root, lists below a language."""

from django.urls import path

from articles.site import views

app_name = "articles"
urlpatterns = [
    path("", views.article_list_page, name="list"),
    path("articles/<slug:slug>/", views.article_page, name="detail"),
]
#: Below /en/ and /pt-br/ (the project wraps them in i18n_patterns): the language is in the address, so the page is the
#: same for everybody and any cache may keep it.
localized_urlpatterns: list[object] = []
