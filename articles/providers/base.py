"""What is asked of a provider, what it answers, and what can go wrong: values, no network and no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from articles.enums import CallOutcome
from articles.exceptions import ArticleError

#: Characters of a token where nobody counted: English has 4.2 of them with most tokenisers, Portuguese 3.6.
CHARS_PER_TOKEN = 3.8
_PER_MILLION = Decimal(1_000_000)


class Message(NamedTuple):
    """One turn: ``role`` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a model is asked, whichever it is.

    ``json_schema`` asks for a JSON object of that schema. ``repeat_penalty`` above 1 goes only to servers that know it
    (llama.cpp and what is built on it; ``Endpoint.extra`` says so).
    """

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.7
    top_p: float = 0.95
    stop: tuple[str, ...] = ()
    seed: int | None = None
    json_schema: Mapping[str, Any] | None = None
    repeat_penalty: float = 1.0
    language: str = "en"

    @property
    def estimated_tokens_in(self) -> int:
        """About how many tokens the messages are."""
        return estimated_tokens("".join(message.content for message in self.messages)) + 8 * len(self.messages)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place that answers, from the settings or the database, with its key in clear: never logged, never stored.

    ``repr`` leaves the key out. ``bundled`` is the model that comes along.
    """

    name: str
    base_url: str
    model: str
    key: str = field(default="", repr=False)
    languages: tuple[str, ...] = ("en", "pt-br")
    weight: int = 100
    max_in_flight: int = 8
    context_tokens: int = 32_000
    first_token_s: float = 30.0
    total_s: float = 180.0
    price_in: Decimal = Decimal(0)
    price_out: Decimal = Decimal(0)
    takes_schema: bool = True
    new_token_limit: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    bundled: bool = False
    trusted: bool = False  # of the settings or of a program of the site, so its address may be a private one
    reserved_for: int | None = None  # the group whose accounts it answers, and nobody else

    def writes(self, language: str) -> bool:
        """Whether it writes a language well."""
        return language in self.languages

    def most_cost(self, request: ChatRequest) -> Decimal:
        """Return what answering ``request`` costs at most, US$."""
        return self.cost(request.estimated_tokens_in, request.max_tokens)

    def cost(self, tokens_in: int, tokens_out: int) -> Decimal:
        """Return what so many tokens cost, US$ rounded up to the ledger's six places."""
        whole = (self.price_in * tokens_in + self.price_out * tokens_out) / _PER_MILLION
        return whole.quantize(Decimal("0.000001"), rounding="ROUND_UP")


class Usage(NamedTuple):
    """Tokens as the provider counted them."""

    tokens_in: int
    tokens_out: int


class Delta(NamedTuple):
    """A piece of the answer. ``tokens`` is how many so far; the last piece has ``finish`` and mostly ``usage``.

    ``finish`` is ``stop`` or ``length``. A refusal by the provider's moderation is an error, not a piece.
    """

    text: str
    tokens: int = 0
    model: str = ""
    finish: str = ""
    usage: Usage | None = None


class ProviderError(ArticleError):
    """A call failed. ``outcome`` names how; ``message`` is for the ledger, without keys and addresses' credentials.

    ``elsewhere``: another endpoint may do better. ``again``: the same may, later, not before ``retry_after_s``.
    """

    def __init__(
        self, outcome: CallOutcome, message: str, *, status_code: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message[:300]
        self.status_code = status_code
        self.retry_after_s = retry_after_s

    @property
    def elsewhere(self) -> bool:
        """Whether another endpoint should be asked instead."""
        return self.outcome != CallOutcome.REFUSED

    @property
    def again(self) -> bool:
        """Whether the same call may go well later."""
        return self.outcome in _PASSING

    @property
    def is_fault(self) -> bool:
        """Whether it says that the endpoint is unwell, so that the breaker counts it."""
        return self.outcome in _FAULTS


class NoEndpoint(ArticleError):
    """Nobody can be asked now. ``reason``: ``none`` connected, none for this ``language``, all ``unwell`` or ``busy``.

    ``retry_after_s`` says when one may be, None when only a person can change it.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"No endpoint can be asked: {reason}.")
        self.reason = reason
        self.retry_after_s = retry_after_s


_PASSING = frozenset(
    {CallOutcome.BUSY, CallOutcome.UNREACHABLE, CallOutcome.TIMEOUT, CallOutcome.SERVER_ERROR, CallOutcome.BROKEN}
)
_FAULTS = (_PASSING - {CallOutcome.BUSY}) | {CallOutcome.KEY_REJECTED}


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    return round(len(text) / CHARS_PER_TOKEN) + 1 if text else 0
