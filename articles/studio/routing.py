"""The studio's websocket address, for the project's ``URLRouter`` inside ``AuthMiddlewareStack``."""

from django.urls import path

from articles.studio.presence import PresenceConsumer

websocket_urlpatterns = [path("ws/studio/articles/<int:article_id>/", PresenceConsumer.as_asgi())]
