"""Templates: where values go decides how they are made safe."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.edits.template import compile_location, compile_template, for_address, for_header, for_path


class Values:
    def __init__(self, captures: Mapping[str, str] | None = None, **general: str) -> None:
        self.captures = captures or {}
        self.general = general

    def template_value(self, name: str) -> str:
        return self.general[name]


@pytest.mark.parametrize(
    ("template", "encode", "values", "expected"),
    [
        ("/fixed", for_path, Values(), "/fixed"),
        ("/u/{id}", for_path, Values({"id": "a b?c#d"}), "/u/a%20b%3Fc%23d"),
        ("/u/{id}", for_path, Values({"id": "a%2Fb%zz"}), "/u/a%2Fb%25zz"),
        ("/u/{id}", for_path, Values({"id": "é"}), "/u/%C3%A9"),
        ("/all{uri}", for_path, Values(uri="/a?b=c"), "/all/a?b=c"),
        ("https://x{uri}", for_address, Values(uri="/a?b=%0d"), "https://x/a?b=%0d"),
        ("https://x/{id}", for_address, Values({"id": "a\r\nb"}), "https://x/a%0D%0Ab"),
        ("{id} {host}", for_header, Values({"id": "a\r\nb\x00"}, host="h"), "a%0D%0Ab%00 h"),
        ("{{{id}}}", for_header, Values({"id": "x"}), "{x}"),
        ("{host}", for_header, Values({"host": "captured"}, host="general"), "captured"),
    ],
)
def test_a_template_renders(template: str, encode, values: Values, expected: str) -> None:
    assert compile_template(template, encode)(values) == expected


@given(st.text())
def test_no_value_brings_a_line_break_anywhere(value: str) -> None:
    for encode in (for_path, for_address, for_header):
        rendered = compile_template("a{x}b", encode)(Values({"x": value}))
        assert "\r" not in rendered
        assert "\n" not in rendered
        assert "\x00" not in rendered


def test_braces_that_do_not_match_are_an_error() -> None:
    with pytest.raises(ValueError, match="belongs to no name"):
        compile_template("a{b", for_path)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("{path}", "//evil.test/x", "/evil.test/x"),
        ("/{rest}", "/go", "/evil.test"),
        ("//cdn.example.com{path}", "/a", "//cdn.example.com/a"),
        ("https://x{path}", "//y", "https://x//y"),
    ],
)
def test_a_value_cannot_turn_a_path_into_another_host(text: str, path: str, expected: str) -> None:
    assert compile_location(text)(Values({"rest": "/evil.test"}, path=path)) == expected
