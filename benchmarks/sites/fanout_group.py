"""The way Channels' tutorial does it: every consumer is a member of a group of the channel layer."""

from __future__ import annotations

from typing import Any

from benchmarks.sites import fanout_project

fanout_project.set_up()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  Django must be set up first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


class GroupConsumer(AsyncWebsocketConsumer):
    """Writes to its socket what the group is sent."""

    groups = [fanout_project.GROUP]

    async def frame(self, event: dict[str, Any]) -> None:
        """Pass a frame on."""
        await self.send(text_data=event["text"])


routes = [path(fanout_project.PATH.lstrip("/"), GroupConsumer.as_asgi())]
application = ProtocolTypeRouter({"websocket": URLRouter(routes)})
