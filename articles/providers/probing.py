"""Asking the endpoints whether they are there, by the cheapest request there is: the list of their models.

Who answers is not well yet, only worth a call; who does not is left alone for longer. An endpoint in use needs no
asking: its calls tell.
"""

from __future__ import annotations

import asyncio
import time

from articles.enums import CallOutcome
from articles.providers import breaker, health, loop
from articles.providers.base import Endpoint, ProviderError
from articles.providers.endpoints import endpoints
from articles.providers.errors import error_of
from articles.providers.transport import client_of

QUIET_S = 60.0
ANSWER_S = 5.0


def endpoints_probe() -> dict[str, str]:
    """Ask every endpoint that is not closed, or that nobody has heard of for ``QUIET_S``; return how each answered."""
    states, now = health.known(), time.time()
    asked = [endpoint for endpoint in endpoints() if _is_due(states.get(endpoint.name, breaker.State()), now)]
    errors = loop.submit(_ask_all(asked)).result()
    for endpoint, error in zip(asked, errors, strict=True):
        _note(endpoint, error)
    return {endpoint.name: error.message if error else "" for endpoint, error in zip(asked, errors, strict=True)}


def models_of(endpoint: Endpoint) -> list[str]:
    """Return the names of the models that an endpoint offers; none when it does not say."""
    return loop.submit(_models(endpoint)).result()


def _is_due(state: breaker.State, now: float) -> bool:
    if now < max(state.rests_until, state.probe_until):
        return False  # it asked to be left alone, or a call is finding out
    return state.state != breaker.CLOSED or now - state.heard_at >= QUIET_S


def _note(endpoint: Endpoint, error: ProviderError | None) -> None:
    if error is None or error.outcome == CallOutcome.REJECTED:  # a server without such a list is there too
        health.answered(endpoint)
    else:
        health.failed(endpoint, error)


async def _ask_all(asked: list[Endpoint]) -> list[ProviderError | None]:
    return list(await asyncio.gather(*map(_ask, asked)))


async def _ask(endpoint: Endpoint) -> ProviderError | None:
    try:
        async with asyncio.timeout(ANSWER_S), client_of(endpoint) as client:
            await client.models.with_raw_response.list()
    except TimeoutError:
        return ProviderError(CallOutcome.TIMEOUT, "No answer to a check in time.")
    except Exception as error:
        return error_of(error, endpoint)
    return None


async def _models(endpoint: Endpoint) -> list[str]:
    try:
        async with asyncio.timeout(ANSWER_S), client_of(endpoint) as client:
            return sorted({str(model.id)[:120] for model in (await client.models.list()).data})
    except Exception:
        return []
