from __future__ import annotations

from itertools import product

import pytest

from weir.routing.patterns import (
    ANY_HOST,
    BadPattern,
    HostKind,
    HostPattern,
    host_text,
    parse_host,
    parse_like,
)


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("a.com", {"a.com"}),
        ("*.a.com", {"b.a.com"}),
        ("**.a.com", {"b.a.com", "c.b.a.com"}),
        ("*.com", {"a.com"}),
    ],
)
def test_one_star_is_one_label_and_two_are_one_or_more(pattern: str, hosts: set[str]) -> None:
    every = {"a.com", "b.a.com", "c.b.a.com", "xa.com.org", "com", ".a.com"}
    assert {each for each in every if parse_host(pattern).matches(each)} == hosts


def test_a_host_pattern_is_normalised() -> None:
    assert parse_host("*.A.COM.") == HostPattern(HostKind.ONE_LABEL, ".a.com")
    assert host_text(parse_host("**.A.com")) == "**.a.com"
    assert host_text(parse_host("[::0001]")) == "[::1]"


@pytest.mark.parametrize("text", ["*", "**", "***.a.com", "*a.com", "a.*.com", "a.com:80", "", "*."])
def test_a_host_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadPattern):
        parse_host(text)


def test_a_pattern_covers_another_exactly_when_no_host_tells_otherwise() -> None:
    labels = ("a", "b", "c")
    hosts = [".".join(each) for count in (1, 2, 3, 4) for each in product(labels, repeat=count)]
    patterns = [ANY_HOST, *map(parse_host, ("a", "b.a", "*.a", "**.a", "*.b.a", "**.b.a", "c.b.a", "**.b"))]
    for wide, narrow in product(patterns, patterns):
        expected = all(wide.matches(host) for host in hosts if narrow.matches(host))
        assert wide.covers(narrow) is expected, (wide, narrow)


@pytest.mark.parametrize(
    ("pattern", "path", "captures"),
    [
        ("/u/{id}", "/u/7", {"id": "7"}),
        ("/u/{id}", "/u/", None),
        ("/u/{id}", "/u/7/", None),
        ("/u/{id}/", "/u/7/", {"id": "7"}),
        ("/u/{id}/posts/{rest...}", "/u/7/posts/a/b", {"id": "7", "rest": "a/b"}),
        ("/u/{id}/posts/{rest...}", "/u/7/posts/", {"id": "7", "rest": ""}),
        ("/u/{id}/posts/{rest...}", "/u/7/posts", None),
        ("/{rest...}", "/", {"rest": ""}),
        ("/a", "/a", {}),
        ("/a", "/b", None),
    ],
)
def test_a_like_pattern_takes_whole_segments(
    pattern: str, path: str, captures: dict[str, str] | None
) -> None:
    like = parse_like(pattern)
    assert like.matches(path) is (captures is not None)
    assert like.captures(path) == (captures or {})


def test_the_literal_segments_of_a_like_pattern_are_normalised() -> None:
    assert parse_like("/%61//b/./{x}") == parse_like("/a/b/{x}")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("u/{id}", "begins with"),
        ("/file-{id}", "whole segment"),
        ("/{id", "whole segment"),
        ("/{1}", "whole segment"),
        ("/{rest...}/x", "stands at the end"),
        ("/{a}/{a}", "twice"),
        ("/{a}/../x", "lost"),
        ("/{a}/%zz", "hexadecimal"),
    ],
)
def test_a_like_pattern_that_is_none_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(BadPattern, match=reason):
        parse_like(pattern)
