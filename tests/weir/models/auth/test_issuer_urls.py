"""Which URLs an issuer may have, and where its metadata is."""

from __future__ import annotations

import pytest

from weir.models.auth.issuer_urls import MAX_URL, metadata_urls, problem_of


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
