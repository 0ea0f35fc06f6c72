from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.routing.normalise import BadPath, normalise_fragment, normalise_path


@pytest.mark.parametrize(
    ("given_path", "expected"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/..", "/"),
        ("/../../etc/passwd", "/etc/passwd"),
        ("/a/b/c/./../../g", "/a/g"),  # RFC 3986 §5.2.4
        ("/.well-known/x", "/.well-known/x"),
        ("/a/...", "/a/..."),
        ("//a///b//", "/a/b/"),
        ("/a//../b", "/b"),
        ("/%61%7E%2d", "/a~-"),
        ("/%2e%2E/b", "/b"),
        ("/a/%2e%2e/b", "/b"),
        ("/a%2fb", "/a%2Fb"),
        ("/a%2F...%2fb", "/a%2F...%2Fb"),
        ("/a%2F.b/..c;d/...;e", "/a%2F.b/..c;d/...;e"),
        ("/%252e%252e/a", "/%252e%252e/a"),
        ("/%c3%a9", "/%C3%A9"),
        ("/%2541", "/%2541"),
        ("/%5c", "/%5C"),
        ("/a;b=1/c,d@e:f", "/a;b=1/c,d@e:f"),
        ('/a{b}|"<>', '/a{b}|"<>'),
    ],
)
def test_a_path_has_one_form(given_path: str, expected: str) -> None:
    assert normalise_path(given_path) == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "begin with /"),
        ("a/b", "begin with /"),
        ("*", "begin with /"),
        ("/a\\b", "backslash"),
        ("/a b", "%20"),
        ("/a\x00b", "control"),
        ("/a\r\nb", "control"),
        ("/a\x7fb", "control"),
        ("/é", "ASCII"),
        ("/a%", "hexadecimal"),
        ("/a%2", "hexadecimal"),
        ("/a%zz", "hexadecimal"),
        ("/%00", "%00"),
        ("/a?b", "not part of a path"),
        ("/a/..;/b", "dot segment"),
        ("/a/..;x=1/b", "dot segment"),
        ("/a/%2e%2e;/b", "dot segment"),
        ("/a/..%3b/b", "dot segment"),
        ("/a/.;/b", "dot segment"),
        ("/..;", "dot segment"),
        ("/a/..%2fb", "dot segment"),
        ("/a%2f../b", "dot segment"),
        ("/a%5c..%5cb", "dot segment"),
        ("/a%2f..", "dot segment"),
        ("/a#b", "not part of a path"),
    ],
)
def test_what_cannot_be_understood_is_refused(path: str, reason: str) -> None:
    with pytest.raises(BadPath, match=reason):
        normalise_path(path)


def test_repeated_slashes_stay_where_the_setting_says_so() -> None:
    assert normalise_path("/a//b", merge_slashes=False) == "/a//b"
    assert normalise_path("/a//../b", merge_slashes=False) == "/a/b"


def test_a_fragment_keeps_its_dots() -> None:
    assert normalise_fragment("../%7ea//") == "../~a/"


@given(st.text(alphabet="/.%2eEfF4a~", max_size=30).map("/".__add__), st.booleans())
def test_the_normal_form_of_a_normal_form_is_itself(path: str, merge: bool) -> None:
    try:
        once = normalise_path(path, merge)
    except BadPath:
        return
    assert normalise_path(once, merge) == once
    assert once.startswith("/")
    assert not {".", ".."} & set(once.split("/"))
    assert not merge or "//" not in once
