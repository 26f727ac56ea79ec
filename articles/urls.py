"""The addresses of the articles: the public site at the root, the JSON API below /api/."""

from django.urls import include, path, re_path

from articles import views
from articles.api import api
from articles.problems import no_such_address

site_patterns = [
    path("", views.article_list_page, name="list"),
    path("articles/<slug:slug>/", views.article_page, name="detail"),
]

urlpatterns = [
    path("", include((site_patterns, "articles"))),
    re_path(r"^api/?$", no_such_address),  # ninja would answer its own root with a page
    path("api/", api.urls),
    # Another app's addresses below /api/ come before this app's in the project's list.
    re_path(r"^api/", no_such_address),
]
