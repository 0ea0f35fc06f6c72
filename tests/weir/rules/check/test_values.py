"""Checks of single texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from weir.rules.bounds import MAX_NAME, MAX_STRING
from weir.rules.check import values
from weir.rules.check.findings import Issue

Check = Callable[[str], Issue | None]

GOOD: list[tuple[Check, tuple[str, ...]]] = [
    (values.name, ("a", "订单", 'a "b"', "a" * MAX_NAME)),
    (values.define_name, ("a", "by", "a-b.c_d", "_")),
    (values.too_long, ("", "a" * MAX_STRING)),
    (values.header_name, ("X", "x-user", "a!#$%&'*+-.^_`|~0")),
    (values.editable_header, ("X-User", "Server", "X-Host")),
    (values.header_value, ("", "a b", "a\tb", "~!@")),
    (values.cookie_name, ("sid", "__Host-a")),
    (
        values.host_pattern,
        ("a", "a.b.", "*.a.b", "**.a", "A.B", "a_b.c", "10.0.0.1", "::1", "[::1]", "xn--fiq", "a" * 63),
    ),
    (values.network, ("10.0.0.0/8", "10.0.0.1", "::/0", "2001:db8::/32")),
    (
        values.target_url,
        (
            "http://a",
            "https://a.b:8443",
            "http://a:65535",
            "http://10.0.0.1:80",
            "http://[::1]:80",
            "http://a_b",
        ),
    ),
    (values.path, ("/", "/a?b")),
    (values.sent_path, ("/", "/a/{b}/%2F", "/~!$&'()*+,;=:@")),
    (values.media_type, ("text/plain", "text/plain; charset=utf-8")),
    (values.method, ("GET", "M-SEARCH", "X!")),
]

BAD: list[tuple[Check, tuple[str, ...]]] = [
    (values.name, ("", "a\n", "a\0", "a" * (MAX_NAME + 1))),
    (values.define_name, ("", "any", "host", "a b", "1a", "a-", "订单", "a" * (MAX_NAME + 1))),
    (values.too_long, ("a" * (MAX_STRING + 1),)),
    (values.header_name, ("", "a b", "a:", "é", "a\n")),
    (values.editable_header, ("Host", "HOST", "Content-Length", "transfer-encoding", "TE", "Upgrade", "a b")),
    (values.header_value, ("\n", "a\r\nb", "\0", "\x7f", "é", "订")),
    (values.cookie_name, ("", "a b", "a=b", "a;b")),
    (
        values.host_pattern,
        (
            "",
            "*",
            "*.",
            "a..b",
            "-a",
            "a-",
            "a.*",
            "***.a",
            "a:80",
            "[10.0.0.1]",
            "[::1",
            "::1]",
            "a b",
            "ü",
            "a" * 64,
            ".".join(["a" * 63] * 4) + ".b",
            "a\n",
        ),
    ),
    (values.network, ("", "a", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "١٠.0.0.0")),
    (
        values.target_url,
        (
            "",
            "a",
            "ftp://a",
            "HTTP://a",
            "http://",
            "http://a/",
            "http://a?",
            "http://a#",
            "http://a/b",
            "http://u@a",
            "http://a:",
            "http://a:0",
            "http://a:65536",
            "http://a:999999",
            "http://a:x",
            "http://a:1:2",
            "http://a:８",
            "http://*.a",
            "http://a b",
            "http://a\n",
            "http://a\t.b",
            "http://[::1",
            "http://[a]",
            "http://ü",
            " http://a",
        ),
    ),
    (values.path, ("", "a", "*")),
    (values.sent_path, ("", "a", "/a b", "/a?b", "/a#b", "/a\\b", "/\n", "/é")),
    (values.media_type, ("", "text", "text/\n")),
    (values.method, ("", "get", "G T")),
]


@pytest.mark.parametrize(
    ("check", "text"),
    [(check, text) for check, texts in GOOD for text in texts],
    ids=lambda part: getattr(part, "__name__", str(part))[:40],
)
def test_sound_values(check: Check, text: str) -> None:
    assert check(text) is None


@pytest.mark.parametrize(
    ("check", "text"),
    [(check, text) for check, texts in BAD for text in texts],
    ids=lambda part: getattr(part, "__name__", str(part))[:40],
)
def test_values_that_are_refused(check: Check, text: str) -> None:
    issue = check(text)
    assert issue is not None
    assert issue.message


def test_a_list_of_networks_needs_one_and_all_must_be_sound() -> None:
    assert values.networks(("10.0.0.0/8", "::1")) is None
    assert values.networks(()) == Issue("empty-list", "the list is empty", "at least one network")
    issue = values.networks(("10.0.0.0/8", "x"))
    assert issue is not None
    assert '"x"' in issue.message


def test_templates_may_name_captures() -> None:
    assert values.template("{id}{path}", frozenset({"id"})) is None
    assert values.template("{id}", frozenset()) is not None
