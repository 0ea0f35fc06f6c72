"""Which URLs an issuer may have, and where its metadata is."""

from __future__ import annotations

import pytest

from weir.models.auth.issuer_urls import MAX_URL, is_of_the_cloud, metadata_urls, problem_of


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com",
        "https://login.example.com/",
        "https://login.example.com:8443/realms/shop",
        "http://127.0.0.1:8002",
        "http://[::1]:8002/x",
        "http://localhost:8080/realms/a",
    ],
)
def test_https_and_this_machine_may_be(url: str) -> None:
    assert problem_of(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.example.com",
        "http://login.example.com",
        "http://127.0.0.1.example.com",
        "ftp://login.example.com",
        "https://",
        "https://a@login.example.com",
        "https://login.example.com/?x",
        "https://login.example.com/#x",
        "https://login.example.com/ü",
        "https://login.example.com/\n",
        "https://login.example.com:0/",
        "https://login%2eexample.com/",
        "https://login.example.com;evil.example/",
        "https://login.example.com:x/",
        "https://login.example.com/" + "a" * MAX_URL,
    ],
)
def test_anything_else_may_not(url: str) -> None:
    assert problem_of(url) != ""


def test_keys_may_be_behind_a_query() -> None:
    assert problem_of("https://login.example.com/keys?p=a", query=True) == ""
    assert problem_of("https://login.example.com/keys#a", query=True) != ""


@pytest.mark.parametrize(
    ("issuer", "first", "second"),
    [
        (
            "https://a.example",
            "https://a.example/.well-known/openid-configuration",
            "https://a.example/.well-known/oauth-authorization-server",
        ),
        (
            "https://a.example/realms/x/",
            "https://a.example/realms/x/.well-known/openid-configuration",
            "https://a.example/.well-known/oauth-authorization-server/realms/x",
        ),
    ],
)
def test_metadata_is_looked_for_in_two_places(issuer: str, first: str, second: str) -> None:
    assert metadata_urls(issuer) == (first, second)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
    ],
)
def test_addresses_of_clouds_are_known(address: str) -> None:
    assert is_of_the_cloud(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "203.0.113.1", "fd00::1"])
def test_private_addresses_are_where_issuers_live(address: str) -> None:
    assert not is_of_the_cloud(address)
