"""Who counts as a reader: no program, and nobody twice in half an hour. Nothing that tells a person is kept."""

from __future__ import annotations

import hashlib
import hmac
import re

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from articles.clients import client_address

ONCE_PER_S = 1_800
_DIGEST_CHARS = 24
#: What programs call themselves; "Cubot" is a telephone. A program that hides is not found by any list.
_PROGRAM = re.compile(
    r"(?<!cu)bot(?:\b|_)|crawl|spider|slurp|scrap|fetch|preview|monitor|uptime|pingdom|headless|phantom|"
    r"lighthouse|pagespeed|gtmetrix|curl|wget|python|aiohttp|httpx|urllib|go-http|okhttp|java/|libwww|perl/|ruby|axios|"
    r"node-|postman|facebookexternalhit|whatsapp|telegram|embedly|feed|rss|validator|archive|gpt|claude|perplexity",
    re.IGNORECASE,
)
_MAX_AGENT_CHARS = 512


def is_same_site(request: HttpRequest) -> bool:
    """Whether one of our own pages sent it, as far as browsers tell: by Sec-Fetch-Site, by Origin in older ones."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def is_program(request: HttpRequest) -> bool:
    """Whether it calls itself a program, or nothing at all."""
    agent = _agent(request)
    return not agent or _PROGRAM.search(agent) is not None


def reader_digest(request: HttpRequest, *about: object) -> str:
    """Return what stands for this reader today and for ``about``: it can't be turned back, nor compared tomorrow."""
    today = timezone.now().date().isoformat()
    key = hmac.digest(settings.SECRET_KEY.encode(), f"article views of {today}".encode(), hashlib.sha256)
    seen = "\n".join(map(str, (client_address(request), _agent(request), *about)))
    return hmac.new(key, seen.encode(errors="replace"), hashlib.sha256).hexdigest()[:_DIGEST_CHARS]


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:_MAX_AGENT_CHARS]
