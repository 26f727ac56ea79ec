"""The addresses of the articles: the JSON API below /api/, the studio, the public site at the root."""

from django.urls import include, path

from articles.api.problems import no_such_address

urlpatterns = [
    path("api/", include("articles.api.urls")),  # first: Django tries them in turn, and the site has a score
    path("api", no_such_address),
    path("studio/", include("articles.studio.urls")),
    path("media/images/", include("articles.images.urls")),
    path("", include("articles.site.urls")),
]
