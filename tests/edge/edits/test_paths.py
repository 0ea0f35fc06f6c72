"""Edits of the path that is sent."""

from __future__ import annotations

import pytest

from edge.answers import Refusal
from edge.edits.paths import compile_path_edit
from weir.models.rule_clauses import ReplacePrefix, RewritePath, StripPrefix


class Request:
    def __init__(self, path: str, query_string: str = "", **captures: str) -> None:
        self.path = path
        self.query_string = query_string
        self.captures = captures

    def template_value(self, name: str) -> str:
        return {"path": self.path, "uri": self.path + self.query_string}[name]


@pytest.mark.parametrize(
    ("edit", "request_", "expected"),
    [
        (StripPrefix(prefix="/a"), Request("/a/b", "?q"), "/b?q"),
        (StripPrefix(prefix="/a"), Request("/a"), "/"),
        (StripPrefix(prefix="/a/"), Request("/a/b"), "/b"),
        (StripPrefix(prefix="/a"), Request("/ab"), "/ab"),
        (StripPrefix(prefix="/"), Request("/ab"), "/ab"),
        (ReplacePrefix(prefix="/a", replacement="/x/y"), Request("/a/b"), "/x/y/b"),
        (ReplacePrefix(prefix="/a", replacement="/"), Request("/a/b"), "/b"),
        (ReplacePrefix(prefix="/a", replacement="/"), Request("/a"), "/"),
        (RewritePath(path="/x{path}"), Request("/a", "?q"), "/x/a?q"),
        (RewritePath(path="/x{uri}"), Request("/a", "?q"), "/x/a?q"),
        (RewritePath(path="/x/{id}"), Request("/a", "", id="1?2"), "/x/1%3F2"),
    ],
)
def test_a_path_is_edited(edit, request_: Request, expected: str) -> None:
    compiled = compile_path_edit(edit, merge_slashes=True)
    assert compiled is not None
    assert compiled(request_) == expected


@pytest.mark.parametrize("value", ["..", ".", "../secret", "a/../../b", "%2e%2e", "%2E./x"])
def test_a_captured_value_cannot_climb(value: str) -> None:
    compiled = compile_path_edit(RewritePath(path="/files/{name}"), merge_slashes=True)
    assert compiled is not None
    with pytest.raises(Refusal):
        compiled(Request("/", "", name=value))


def test_what_is_left_of_a_path_never_begins_with_two_slashes() -> None:
    edit = compile_path_edit(StripPrefix(prefix="/api"), merge_slashes=False)
    assert edit is not None
    assert edit(Request("/api//evil.test/x")) == "/evil.test/x"
