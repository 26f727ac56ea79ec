"""Addresses and routes: this machine only unless said otherwise, and never a full address as a route."""

from __future__ import annotations

import pytest

from perfmon.exceptions import PerftestError
from perfmon.perftest.addresses import Address, address_of, route_of


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8000", Address("http", "127.0.0.1", 8000)),
        ("http://localhost/", Address("http", "localhost", 80)),
        ("https://127.0.0.1", Address("https", "127.0.0.1", 443)),
        ("http://[::1]:8000", Address("http", "::1", 8000)),
    ],
)
def test_this_machine_may_be_tested(text, address):
    assert address_of(text) == address


def test_an_address_of_six_words_stands_in_brackets():
    assert str(Address("http", "::1", 8000)) == "http://[::1]:8000"


@pytest.mark.parametrize("host", ["192.0.2.1", "0.0.0.0", "169.254.169.254", "[2001:db8::1]"])
def test_any_other_must_be_allowed_by_its_name(host):
    with pytest.raises(PerftestError, match=r"is not this machine.*--allow-host") as caught:
        address_of(f"http://{host}:8000")
    assert not caught.value.could_not_run
    assert address_of(f"http://{host}:8000", allowed=[host.strip("[]")]).port == 8000


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:8000",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1/api",
        "http://127.0.0.1:x",
        "http://a:b@127.0.0.1",
    ],
)
def test_what_is_no_address_is_answered_with_an_example(text):
    with pytest.raises(PerftestError, match=r"http://127\.0\.0\.1:8000"):
        address_of(text)


@pytest.mark.parametrize("text", ["/", "/api/articles?cursor=1", "/%C3%A9"])
def test_a_route_is_a_path(text):
    assert route_of(text) == text


@pytest.mark.parametrize("text", ["", "api", "http://127.0.0.1:8000/", "//127.0.0.1/", "/a b", "/é", "/a\r\nHost: b"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(PerftestError, match="--route"):
        route_of(text)
