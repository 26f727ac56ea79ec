"""A generation job as it is written, over a websocket: for the studio's pages, and for programs with a token."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from articles.generation.access import NOT_ALLOWED, OK, RECHECK_S, Credential, session_of, standing
from articles.generation.tape import is_seq
from articles.generation.threads import in_thread
from articles.generation.viewers import get_viewers
from articles.models import GenerationJob
from articles.studio.origins import is_own_page
from articles.tokens import bearer

logger = logging.getLogger(__name__)

CLOSE_DONE, CLOSE_AGAIN = 1000, 1012


class GenerationConsumer(AsyncWebsocketConsumer):
    """One viewer of a job: gets a ``snapshot`` or what it missed, then every event, until the end. It says nothing."""

    channel_layer_alias = ""  # frames come from the process's own watch: a layer would cost a subscription a socket

    def __init__(self, recheck_s: float = RECHECK_S) -> None:
        super().__init__()
        self._recheck_s = recheck_s
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket; however it ends, nothing is sent to it any more."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in self._tasks:
                task.cancel()

    async def connect(self) -> None:
        """Refuse foreign pages before the handshake is done; tell the others by close code why they may not look."""
        headers = dict(self.scope["headers"])
        token = bearer(headers.get(b"authorization", b"").decode("latin-1"))
        if not token and not is_own_page(headers):
            await self.close(NOT_ALLOWED)
            return
        await self.accept()
        credential = Credential(token=token) if token else session_of(self.scope)
        job_id: int = self.scope["url_route"]["kwargs"]["job_id"]
        code = (await in_thread(standing)(credential, job_id)).code
        if code != OK:
            await self.close(code)
            return
        self._tasks = [
            asyncio.create_task(self._show(job_id, self._after())),
            asyncio.create_task(self._keep_checking(credential, job_id)),
        ]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Leave alone whatever the client says."""

    async def _show(self, job_id: int, after: str) -> None:
        """Send frames until the job's end, then close; what fails is tried again by the client."""
        code = CLOSE_AGAIN
        try:
            async with get_viewers().watching(job_id, after=after) as take:
                while True:
                    frame = await take()
                    await self.send(frame.text)
                    if frame.is_end:
                        code = CLOSE_DONE
                        break
        except GenerationJob.DoesNotExist:
            code = NOT_ALLOWED
        except Exception as error:
            logger.warning("A viewer of job %d has to connect again: %s", job_id, error)
        await self.close(code)

    async def _keep_checking(self, credential: Credential, job_id: int) -> None:
        """Look again each minute: the account may have logged out, or the token been revoked."""
        while True:
            await asyncio.sleep(self._recheck_s * random.uniform(0.8, 1.0))  # noqa: S311 - spreads the questions
            code = (await in_thread(standing)(credential, job_id)).code
            if code != OK:
                await self.close(code)
                return

    def _after(self) -> str:
        wanted = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", [""])[0]
        return wanted if is_seq(wanted) else ""
