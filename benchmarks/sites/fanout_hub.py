"""perfmon's live path as a project serves it: uvicorn, Channels' auth stack, the consumer, the hub."""

from __future__ import annotations

from benchmarks.sites import fanout_project

fanout_project.set_up()

from channels.auth import AuthMiddlewareStack  # noqa: E402  Django must be set up first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from perfmon.live.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter({"websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))})
