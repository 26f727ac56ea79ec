"""HTTP to Django, websockets to Channels: what Channels' own tutorial sets up."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bare_settings")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from perfmon.live.routing import websocket_urlpatterns  # noqa: E402  Django must be set up first

application = ProtocolTypeRouter({"http": http, "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))})
