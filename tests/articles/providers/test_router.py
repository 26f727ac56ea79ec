"""Who is asked: by language, health, places and turn; with Valkey, without it, and while it is away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User

from articles.enums import CallOutcome
from articles.models import ProviderEndpoint
from articles.providers import health
from articles.providers.base import NoEndpoint, ProviderError
from articles.providers.endpoints import endpoint_named, endpoints_forget
from articles.providers.router import any_writes, endpoints_for, turn
from articles.services.reserving import endpoint_reserve
from tests.articles.providers.asking import request_of

pytestmark = pytest.mark.django_db

BUSY = ProviderError(CallOutcome.BUSY, "Too many.", status_code=429, retry_after_s=7)
CRASHED = ProviderError(CallOutcome.SERVER_ERROR, "It crashed.", status_code=500)


def entry(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "base_url": f"http://{name}.example/v1", "model": "m", **changes}


@pytest.fixture(params=["memory", "valkey", "away"])
def shared(request: pytest.FixtureRequest, settings: Any) -> str:
    """Where it is kept who is well and who is asked."""
    urls = {
        "memory": lambda: "",
        "valkey": lambda: request.getfixturevalue("valkey_url"),
        "away": lambda: "redis://127.0.0.1:1",
    }
    settings.REDIS_URL = urls[request.param]()
    return str(request.param)


@pytest.fixture
def connected(settings: Any) -> Callable[..., None]:
    """Connect endpoints by the settings."""

    def connect(*entries: dict[str, Any], **changes: Any) -> None:
        for name, value in {"LLM_ENDPOINTS": list(entries), **changes}.items():
            setattr(settings, name, value)
        endpoints_forget()

    return connect


def asked(count: int, **how: Any) -> Counter[str]:
    """Ask so many times, one after another."""
    found: Counter[str] = Counter()
    for number in range(count):
        with turn(request_of(), user_id=number, **how) as taken:
            found[taken.endpoint.name] += 1
    return found


def reason(**how: Any) -> tuple[str, float | None]:
    changes = {name: how.pop(name) for name in ("language", "max_tokens") if name in how}
    with pytest.raises(NoEndpoint) as caught, turn(request_of(**changes), user_id=how.pop("user_id", 1), **how):
        pass
    return caught.value.reason, caught.value.retry_after_s


# Who


def test_nobody_is_asked_where_nothing_is_connected(connected: Any) -> None:
    connected()
    assert reason() == ("none", None)


def test_only_who_writes_the_language_is_asked(connected: Any) -> None:
    connected(entry("english", languages=["en"]), entry("both"))
    assert asked(4).keys() == {"english", "both"}
    with turn(request_of(language="pt-br"), user_id=1) as taken:
        assert taken.endpoint.name == "both"
    assert any_writes("pt-br")


def test_a_language_that_nobody_writes_is_said_before_anything_is_asked(connected: Any) -> None:
    connected(entry("english", languages=["en"]))
    assert reason(language="pt-br") == ("language", None)
    assert not any_writes("pt-br")


def test_the_bundled_model_writes_only_where_nothing_else_is_connected(connected: Any) -> None:
    connected(entry("bundled", bundled=True, languages=["en"]), entry("other", languages=["en"]))
    assert asked(5) == {"other": 5}
    assert asked(1, wanted="bundled") == {"bundled": 1}
    connected(entry("bundled", bundled=True, languages=["en"]), entry("other", languages=["pt-br"]))
    assert [endpoint.name for endpoint in endpoints_for("en")] == ["bundled"]


def test_who_is_wanted_is_asked_alone_while_it_is_connected(connected: Any) -> None:
    connected(entry("one"), entry("two"))
    assert asked(5, wanted="two") == {"two": 5}
    assert reason(wanted="two", avoid=["two"])[0] == "unwell"
    assert asked(4, wanted="gone") == {"one": 2, "two": 2}


def test_who_failed_just_now_is_avoided(connected: Any) -> None:
    connected(entry("one"), entry("two"))
    assert asked(5, avoid={"one"}) == {"two": 5}


def test_a_request_goes_where_it_fits(connected: Any) -> None:
    connected(entry("small", context_tokens=2048), entry("large"))
    with turn(request_of(max_tokens=4000), user_id=1) as taken:
        assert taken.endpoint.name == "large"


def test_rows_of_the_database_are_asked_too_and_names_of_the_settings_go_first(connected: Any) -> None:
    connected(entry("one", model="of the settings"))
    for name in ("one", "two", "off"):
        ProviderEndpoint.objects.create(
            name=name, base_url="https://api.example.com/v1", model="of a row", is_enabled=name != "off"
        )
    one, two = endpoint_named("one"), endpoint_named("two")
    assert one is not None
    assert two is not None
    assert (one.model, one.trusted) == ("of the settings", True)
    assert (two.model, two.trusted, two.price_in) == ("of a row", False, Decimal(0))
    assert endpoint_named("off") is None


# Reserved


@pytest.fixture
def group() -> Group:
    """A group with an endpoint of its own, and account 1 in it."""
    made = Group.objects.create(name="testers")
    User.objects.create(pk=1, username="ana").groups.add(made)
    endpoint_reserve(name="own", group=made, base_url="http://127.0.0.1:9/v1", key="a key", model="m")
    return made


def test_who_has_an_endpoint_reserved_is_answered_by_it_alone(connected: Any, group: Group) -> None:
    connected(entry("one"))
    for how in ({}, {"wanted": "one"}, {"wanted": "own"}):
        with turn(request_of(), user_id=1, **how) as taken:
            assert (taken.endpoint.name, taken.endpoint.trusted, taken.endpoint.key) == ("own", True, "a key")
    assert reason(user_id=1, avoid=["own"])[0] == "unwell"


def test_nobody_else_is_answered_by_a_reserved_endpoint(connected: Any, group: Group) -> None:
    User.objects.create(pk=2, username="eva").groups.add(Group.objects.create(name="others"))
    connected()
    assert reason(user_id=2, wanted="own") == ("none", None)
    assert endpoints_for("en") == []
    assert endpoint_named("own") is None
    assert [state.name for state in health.states()] == []
    connected(entry("one"))
    with turn(request_of(), user_id=2, wanted="own") as taken:
        assert taken.endpoint.name == "one"


def test_a_reserved_endpoint_goes_with_its_group(connected: Any, group: Group) -> None:
    connected(entry("one"))
    group.delete()
    assert not ProviderEndpoint.objects.exists()
    with turn(request_of(), user_id=1) as taken:
        assert taken.endpoint.name == "one"


# In turn


@pytest.mark.parametrize(
    ("strategy", "shares"), [("weighted", {"one": 30, "two": 10}), ("round_robin", {"one": 20, "two": 20})]
)
def test_calls_are_shared_out(connected: Any, strategy: str, shares: dict[str, int]) -> None:
    connected(entry("one", weight=300), entry("two", weight=100), LLM_STRATEGY=strategy)
    assert asked(40) == shares


def test_least_in_flight_asks_who_has_the_fewest_calls(connected: Any, shared: str) -> None:
    connected(entry("one", weight=1000), entry("two", weight=1), LLM_STRATEGY="least_in_flight")
    with ExitStack() as stack:
        names = [stack.enter_context(turn(request_of(), user_id=user)).endpoint.name for user in range(6)]
    assert Counter(names) == {"one": 3, "two": 3}


# Places


def test_an_endpoint_has_so_many_places_and_no_more(connected: Any, shared: str) -> None:
    connected(entry("one", max_in_flight=2))
    with turn(request_of(), user_id=1), turn(request_of(), user_id=2):
        assert reason(user_id=3) == ("busy", 1.0)
        assert [state.in_flight for state in health.states()] == [2]
    assert asked(1) == {"one": 1}
    assert [state.in_flight for state in health.states()] == [0]


def test_a_person_has_so_many_calls_at_once_wherever_they_are(connected: Any, shared: str) -> None:
    connected(entry("one"), entry("two"), GENERATE_PER_USER=2)
    with turn(request_of(), user_id=1), turn(request_of(), user_id=1):
        assert reason(user_id=1) == ("busy", 1.0)
        with turn(request_of(), user_id=2):
            pass


def test_a_place_whose_holder_was_lost_comes_free_after_its_lease(connected: Any, shared: str) -> None:
    connected(entry("one", max_in_flight=1))
    with time_machine.travel(1_800_000_000, tick=False) as clock, turn(request_of(), user_id=1) as taken:
        clock.shift(5)
        taken.beat()
        clock.shift(5)
        assert reason(user_id=2)[0] == "busy"
        clock.shift(1)
        with turn(request_of(), user_id=2):
            assert [state.in_flight for state in health.states()] == [1]


# Health


def test_a_provider_that_keeps_failing_is_left_alone_then_tried_once_and_asked_again(
    connected: Any, shared: str
) -> None:
    connected(entry("one"), entry("two"))
    one = endpoint_named("one")
    assert one is not None
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for _ in range(3):
            health.failed(one, CRASHED)
        assert asked(4) == {"two": 4}
        clock.shift(5)
        with turn(request_of(), user_id=1, wanted="one"):
            assert reason(wanted="one")[0] == "unwell"
        with turn(request_of(), user_id=1, wanted="one") as taken:
            health.succeeded(taken.endpoint)
        assert asked(4) == {"one": 2, "two": 2}


def test_a_provider_that_asks_to_wait_is_asked_again_to_the_second(connected: Any, shared: str) -> None:
    connected(entry("one"))
    one = endpoint_named("one")
    assert one is not None
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        health.failed(one, BUSY)
        assert reason() == ("unwell", 7.0)
        assert [state.state for state in health.states()] == ["closed"]
        clock.shift(6.9)
        assert reason() == ("unwell", pytest.approx(0.1))
        clock.shift(0.1)
        assert asked(1) == {"one": 1}


def test_all_that_were_asked_and_failed_leave_nobody(connected: Any) -> None:
    connected(entry("one"))
    assert reason(avoid=["one"]) == ("unwell", 1.0)
