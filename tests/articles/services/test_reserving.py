"""Endpoints that a program of the site connects for a group of accounts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from articles.models import ProviderEndpoint
from articles.providers.addresses import AddressRefused
from articles.providers.endpoints import of_row
from articles.services.reserving import endpoint_reserve


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="testers")


def test_its_key_is_stored_encrypted_and_it_costs_nothing(group: Group) -> None:
    row = endpoint_reserve(name="own", group=group, base_url="http://127.0.0.1:9/v1", key="a long key", model="m")

    assert "a long key" not in row.secret
    endpoint = of_row(ProviderEndpoint.objects.get())
    assert (endpoint.key, endpoint.cost(10**9, 10**9), endpoint.reserved_for) == ("a long key", 0, group.pk)


@pytest.mark.parametrize("url", ["http://10.0.0.1/v1", "https://api.example.com/v1", "http://localhost.example/v1", ""])
def test_only_this_machine_can_be_reserved(group: Group, url: str) -> None:
    with pytest.raises(AddressRefused):
        endpoint_reserve(name="own", group=group, base_url=url, key="", model="m")

    assert not ProviderEndpoint.objects.exists()
