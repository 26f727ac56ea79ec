"""What an endpoint of the database may not reach, however its address is written and wherever its name leads."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from django.test import override_settings

from articles.enums import CallOutcome
from articles.providers.addresses import AddressRefused, address_check, host_check, is_public
from articles.providers.base import ProviderError
from tests.articles.providers.asking import ask, text_of
from tests.fixtures.fake_provider import PROSE, FakeProvider

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
    "2001:db8::1", "not an address",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_private_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST.", "a.localhost", "printer.local", "metadata.google.internal", "intranet", "127.1",
        "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:169.254.169.254]", "10.1",
    ],
)  # fmt: skip
def test_a_host_that_is_private_by_its_spelling_is_refused(host: str) -> None:
    with override_settings(LLM_ALLOW_PRIVATE=False), pytest.raises(AddressRefused):
        address_check(f"https://{host}/v1")
    with override_settings(LLM_ALLOW_PRIVATE=True):
        address_check(f"https://{host}/v1")


@pytest.mark.parametrize(
    "address", ["https://api.openai.com/v1", "https://api.example.com:8443/v1", "http://1.1.1.1/v1"]
)
def test_a_public_address_is_taken(address: str) -> None:
    with override_settings(LLM_ALLOW_PRIVATE=False):
        address_check(address)


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "//x/v1", "", "https://", "https://a:b@x.example/v1",
     "https://a@x.example/v1", "https://x.example/v1#x", "https://x.example:99999/v1", "https://[::1/v1"],
)  # fmt: skip
def test_what_is_no_address_of_an_api_is_refused_even_where_private_ones_are_allowed(address: str) -> None:
    with override_settings(LLM_ALLOW_PRIVATE=True), pytest.raises(AddressRefused):
        address_check(address)


# By name, with a name server of the test's own


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names lead to, look-up by look-up; the last answer stays. Others are looked up as always."""
    answers: dict[str, list[list[str]]] = {}
    real = asyncio.BaseEventLoop.getaddrinfo

    async def look_up(loop: Any, host: Any, port: Any, **how: Any) -> Any:
        if host not in answers:
            return await real(loop, host, port, **how)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    return answers


def test_a_name_that_leads_into_a_private_network_is_refused_when_it_is_stored(names: Any) -> None:
    names["evil.example"] = [["93.184.215.14", "10.0.0.1"]]
    with override_settings(LLM_ALLOW_PRIVATE=False), pytest.raises(AddressRefused):
        host_check("https://evil.example/v1")


def test_a_name_that_leads_there_only_later_reaches_nobody(names: Any, provider: FakeProvider) -> None:
    names["evil.example"] = [["127.0.0.1"]]
    endpoint = provider.endpoint(base_url=f"http://evil.example:{provider.port}/v1", trusted=False)
    with override_settings(LLM_ALLOW_PRIVATE=False), pytest.raises(ProviderError) as caught:
        ask(endpoint)
    assert caught.value.outcome == CallOutcome.REJECTED
    assert "private network" in caught.value.message
    assert not provider.requests


def test_what_was_looked_up_is_what_is_connected_to(names: Any, provider: FakeProvider) -> None:
    names["good.example"] = [["127.0.0.1"], ["203.0.113.1"]]
    endpoint = provider.endpoint(base_url=f"http://good.example:{provider.port}/v1")
    assert text_of(ask(endpoint)) == PROSE
    assert provider.chats[0].headers["host"] == f"good.example:{provider.port}"
    assert names["good.example"] == [["203.0.113.1"]]  # looked up once


def test_a_host_with_a_dead_address_is_reached_at_its_next(names: Any, provider: FakeProvider) -> None:
    names["two.example"] = [["127.0.0.2", "127.0.0.1"]]
    assert text_of(ask(provider.endpoint(base_url=f"http://two.example:{provider.port}/v1"))) == PROSE


@pytest.mark.parametrize(("trusted", "allowed"), [(True, False), (False, True)])
def test_the_settings_and_their_permission_reach_private_networks(
    provider: FakeProvider, trusted: bool, allowed: bool
) -> None:
    with override_settings(LLM_ALLOW_PRIVATE=allowed):
        assert text_of(ask(provider.endpoint(trusted=trusted))) == PROSE


def test_a_redirect_is_not_followed(provider: FakeProvider, other_provider: FakeProvider) -> None:
    provider.fail("status", status=307, headers={"Location": f"{other_provider.url}/chat/completions"})
    with pytest.raises(ProviderError):
        ask(provider.endpoint(key="sk-planted-0001"))
    assert not other_provider.requests
