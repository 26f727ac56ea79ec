"""The addresses of the articles: the JSON API below /api/, the studio, the public site at the root.

A project that includes them has ``articles.api.elsewhere`` at the end of its list.
"""

from django.urls import include, path

from articles.api.generation_events import generation_events

urlpatterns = [
    path("api/", include("articles.api.urls")),  # first: Django tries them in turn, and the site has a score
    path("events/generation/<int:job_id>", generation_events, name="generation_events"),
    path("studio/", include("articles.studio.urls")),
    path("media/images/", include("articles.images.urls")),
    path("", include("articles.site.urls")),
]
