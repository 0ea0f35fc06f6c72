from __future__ import annotations

import contextlib

import pytest

from weir.processes.ports import Address
from weir.serving.hosts import CrossSite, WrongHost, hosts_of


def answered(host: str, bound: Address, url: str = "") -> bool:
    try:
        hosts_of(bound, url).check(host)
    except WrongHost:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "bound", "url", "expected"),
    [
        ("127.0.0.1:8001", Address("127.0.0.1", 8001), "", True),
        ("LocalHost:8001", Address("127.0.0.1", 8001), "", True),
        ("[::1]:8001", Address("::1", 8001), "", True),
        ("localhost", Address("127.0.0.1", 8001), "", False),
        ("localhost:80", Address("127.0.0.1", 8001), "", False),
        ("localhost", Address("127.0.0.1", 80), "", True),
        ("10.1.2.3:8001", Address("10.1.2.3", 8001), "", True),
        ("10.1.2.3:8001", Address("0.0.0.0", 8001), "", False),
        ("0.0.0.0:8001", Address("0.0.0.0", 8001), "", False),
        ("evil.example:8001", Address("127.0.0.1", 8001), "", False),
        ("127.0.0.1.evil.example:8001", Address("127.0.0.1", 8001), "", False),
        ("", Address("127.0.0.1", 8001), "", False),
        ("weir.example.com", Address("0.0.0.0", 8001), "https://weir.example.com", True),
        ("weir.example.com:8443", Address("0.0.0.0", 8001), "https://Weir.example.com:8443", True),
        ("weir.example.com:443", Address("0.0.0.0", 8001), "https://weir.example.com", False),
    ],
)
def test_only_names_of_this_server_are_answered(host: str, bound: Address, url: str, expected: bool) -> None:
    assert answered(host, bound, url) is expected


def test_a_public_url_with_https_makes_cookies_secure() -> None:
    assert hosts_of(Address("127.0.0.1", 1), "https://weir.example.com").secure
    assert not hosts_of(Address("127.0.0.1", 1), "http://weir.example.com").secure


def test_the_refusal_says_what_to_set() -> None:
    with pytest.raises(WrongHost, match="start it with --public-url for another name than"):
        hosts_of(Address("127.0.0.1", 1), flag="--public-url").check("evil.example")


@pytest.mark.parametrize(
    ("origin", "site", "refused"),
    [
        (None, None, False),
        ("http://localhost:1", "same-origin", False),
        (None, "none", False),
        ("http://evil.example", None, True),
        ("null", None, True),
        ("http://localhost:1", "cross-site", True),
        ("http://localhost:1", "same-site", True),
        ("http://[", None, True),
    ],
)
def test_a_page_of_another_site_changes_nothing(origin: str | None, site: str | None, refused: bool) -> None:
    hosts = hosts_of(Address("127.0.0.1", 1))
    with pytest.raises(CrossSite) if refused else contextlib.nullcontext():
        hosts.check_origin("localhost:1", origin, site)
