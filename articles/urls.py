"""The addresses of the articles: the public site at the root, the studio, the JSON API below /api/."""

from django.urls import include, path, re_path

from articles.api.articles import api
from articles.api.problems import no_such_address

urlpatterns = [
    path("", include("articles.site.urls")),
    path("studio/", include("articles.studio.urls")),
    re_path(r"^api/?$", no_such_address),  # ninja would answer its own root with a page
    path("api/", api.urls),
    # Another app's addresses below /api/ come before this app's in the project's list.
    re_path(r"^api/", no_such_address),
]
