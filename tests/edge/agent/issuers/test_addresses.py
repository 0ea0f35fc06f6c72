"""Which addresses are asked."""

from __future__ import annotations

import pytest

from edge.agent.issuers.addresses import discovery_urls, is_loopback, problem_of, problem_of_keys


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example.com",
        "https://id.example.com:8443/realms/r",
        "https://tenant.eu.auth0.com/",
        "https://login.microsoftonline.com/11111111-2222/v2.0",
        "http://localhost:8002",
        "http://127.0.0.1:8002",
        "http://127.8.8.8/",
        "http://[::1]:80/x",
        "https://10.0.0.1/",
    ],
)
def test_https_is_asked_and_this_machine(url: str) -> None:
    assert problem_of(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.1",
        "http://2130706433",
        "http://0.0.0.0",
        "ftp://id.example.com",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "unix:///run/store.sock",
        "//id.example.com",
        "id.example.com",
        "",
        "https://",
        "https://user:password@id.example.com",
        "https://user@id.example.com",
        "https://id.example.com/#fragment",
        "https://id.example.com#",
        "https://id.example.com:99999",
        "https://id.example.com:0",
        "https://id.example.com:x",
        "https://id.example.com/a b",
        "https://id.example.com/\r\nHost: evil",
        "https://id.exämple.com",
        "https://[::1",
        "https://id.example.com/" + "x" * 2048,
        "https://id.example.com\\@evil.example",
    ],
)
def test_nothing_else_is(url: str) -> None:
    assert problem_of(url)


def test_keys_of_an_issuer_elsewhere_are_never_fetched_without_tls() -> None:
    assert problem_of_keys("https://keys.example.com/k", "https://id.example.com") == ""
    assert problem_of_keys("http://127.0.0.1:6379/", "https://id.example.com")
    assert problem_of_keys("http://127.0.0.1:80/k", "http://127.0.0.1:81") == ""


def test_the_documents_stand_where_the_standards_say() -> None:
    """OIDC Discovery §4 puts the well-known part behind the path, RFC 8414 §3 before it."""
    assert discovery_urls("https://a.test") == (
        "https://a.test/.well-known/openid-configuration",
        "https://a.test/.well-known/oauth-authorization-server",
    )
    assert discovery_urls("https://a.test/realms/r/") == (
        "https://a.test/realms/r/.well-known/openid-configuration",
        "https://a.test/.well-known/oauth-authorization-server/realms/r",
    )


def test_a_name_is_on_this_machine_only_if_it_says_so() -> None:
    assert is_loopback("localhost")
    assert not is_loopback("localhost.")
    assert not is_loopback("example.com")
