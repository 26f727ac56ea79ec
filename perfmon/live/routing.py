"""The websocket's address, for the project's ``URLRouter``."""

from django.urls import path

from perfmon.live.consumers import DashboardConsumer

websocket_urlpatterns = [path("ws/perfmon/", DashboardConsumer.as_asgi())]
