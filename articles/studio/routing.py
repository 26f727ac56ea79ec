"""The studio's websocket addresses, for the project's ``URLRouter`` inside ``AuthMiddlewareStack``."""

from django.urls import path

from articles.studio.generation_socket import GenerationConsumer
from articles.studio.presence import PresenceConsumer

websocket_urlpatterns = [
    path("ws/studio/articles/<int:article_id>/", PresenceConsumer.as_asgi()),
    path("ws/studio/generation/<int:job_id>/", GenerationConsumer.as_asgi()),
]
