"""The addresses of the articles: the public site at the root, the studio, the JSON API below /api/."""

from django.urls import include, path

from articles.api.problems import no_such_address

urlpatterns = [
    path("", include("articles.site.urls")),
    path("studio/", include("articles.studio.urls")),
    path("media/images/", include("articles.images.urls")),
    path("api/", include("articles.api.urls")),
    path("api", no_such_address),
]
