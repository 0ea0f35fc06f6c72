"""What is asked for, from the target and Host."""

from __future__ import annotations

import pytest

from edge.answers import Refusal
from edge.http.target import read_target


@pytest.mark.parametrize(
    ("method", "target", "host", "expected"),
    [
        (b"GET", b"/a?b", b"A.test:81", ("a.test", 81, "/a", "?b")),
        (b"GET", b"/a?", b"a.test.", ("a.test", None, "/a", "?")),
        (b"GET", b"http://b.test:82/x", b"a.test", ("b.test", 82, "/x", "")),
        (b"GET", b"HTTPS://b.test?x", b"a.test", ("b.test", None, "/", "?x")),
        (b"GET", b"http://b.test", b"a.test", ("b.test", None, "/", "")),
        (b"OPTIONS", b"*", b"a.test", ("a.test", None, "*", "")),
        (b"OPTIONS", b"http://b.test:82", b"a.test", ("b.test", 82, "*", "")),
        (b"OPTIONS", b"http://b.test/", b"a.test", ("b.test", None, "/", "")),
        (b"OPTIONS", b"http://b.test?x", b"a.test", ("b.test", None, "/", "?x")),
        (b"GET", b"/a/../../b//c?/../", b"[::1]", ("[::1]", None, "/b/c", "?/../")),
    ],
)
def test_what_is_understood(method: bytes, target: bytes, host: bytes, expected: tuple[object, ...]) -> None:
    found = read_target(method, target, host, merge_slashes=True)
    assert (found.authority.host, found.authority.port, found.path, found.query) == expected


@pytest.mark.parametrize(
    ("method", "target", "host"),
    [
        (b"GET", b"*", b"a.test"),
        (b"GET", b"ftp://a.test/", b"a.test"),
        (b"GET", b"http:///x", b"a.test"),
        (b"GET", b"/%zz", b"a.test"),
        (b"GET", b"/", b"a b"),
        (b"GET", b"/", b"\xe9.test"),
    ],
)
def test_what_is_refused(method: bytes, target: bytes, host: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_target(method, target, host, merge_slashes=True)
    assert caught.value.code == "malformed-request"


def test_slashes_stay_where_the_setting_says_so() -> None:
    assert read_target(b"GET", b"//a", b"a.test", merge_slashes=False).path == "//a"
