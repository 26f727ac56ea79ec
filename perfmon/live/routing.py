"""The websocket's address, for a project's ``URLRouter`` inside ``AuthMiddlewareStack``."""

from django.urls import path

from perfmon.live.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/perfmon/", LiveConsumer.as_asgi())]
