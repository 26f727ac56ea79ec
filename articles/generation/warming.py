"""What the first job after a start would wait for: the bundled model's first look at a prompt."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import replace

from articles.generation.outlines import EXAMPLE_TITLE
from articles.generation.prompts import Manner, outline_request
from articles.generation.wishes import ArticleWish
from articles.models.generation import new_trace_id
from articles.providers.base import Endpoint, ProviderError
from articles.providers.calls import open_call
from articles.providers.endpoints import of_settings

logger = logging.getLogger(__name__)

MOST_S = 3.0  # no job is taken meanwhile


def models_warm() -> None:
    """Have each bundled model read what every outline begins with: half a second that a first reader need not wait."""
    for endpoint in of_settings():
        if endpoint.bundled:
            _warm(endpoint)


def _warm(endpoint: Endpoint) -> None:
    whole = outline_request(ArticleWish(title=EXAMPLE_TITLE), Manner(is_small=True), seed=1)
    request, until_s = replace(whole, max_tokens=1, json_schema=None), time.monotonic() + MOST_S
    with closing(open_call(endpoint, request, trace_id=new_trace_id())) as call:
        try:
            while time.monotonic() < until_s:
                call.next(1.0)
        except StopIteration:
            return
        except ProviderError as error:
            logger.info("%s was not warmed up: %s", endpoint.name, error.message)
