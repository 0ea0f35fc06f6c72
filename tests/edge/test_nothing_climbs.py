"""Templates and edits of paths and headers, with values made to break out: what comes out is always in its form."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.answers import Refusal
from edge.edits.headers import apply_edits, compile_edits
from edge.edits.paths import compile_path_edit
from edge.edits.template import compile_template, for_address, for_header, for_path
from weir.models.rule_clauses import EditHeader, ReplacePrefix, RewritePath, StripPrefix
from weir.routing.normalise import normalise_path

PIECES = (
    "..",
    ".",
    "/",
    "%2e",
    "%2E%2e",
    "%2f",
    "%25",
    "%",
    "\\",
    "?",
    "#",
    " ",
    "a",
    "é",
    "\r\n",
    "\0",
    "\x7f",
    "%zz",
)
hostile = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
literal = st.lists(st.sampled_from(("a", "b.c", "..", ".", "%2e%2e", "%41", "/")), max_size=4).map("/".join)


class Request:
    def __init__(self, path: str, query_string: str = "", captures: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.query_string = query_string
        self.captures = captures or {}

    def template_value(self, name: str) -> str:
        values = {"path": self.path, "uri": self.path + self.query_string, "query": self.query_string[1:]}
        return values.get(name, "")


def edited(edit: StripPrefix | ReplacePrefix | RewritePath, request: Request, merge: bool) -> str:
    """The path that is sent; empty if it is refused."""
    compiled = compile_path_edit(edit, merge)
    assert compiled is not None
    try:
        return compiled(request).partition("?")[0]
    except Refusal:
        return ""


@given(st.sampled_from(("capture", "query", "uri")), hostile, st.booleans())
def test_a_rewritten_path_is_in_normal_form_and_where_the_rule_puts_it(
    name: str, value: str, merge: bool
) -> None:
    query = "?" + value if name == "query" else ""
    request = Request("/p", query, {"capture": value})
    path = edited(RewritePath(path=f"/kept/{{{name}}}/end"), request, merge)
    if path:
        assert path.startswith("/kept/")
        assert normalise_path(path, merge) == path
        assert path.isascii()
        assert path.isprintable()
        assert not set(path) & set(" \\?#")


@given(literal, literal, literal, st.booleans())
def test_a_replaced_prefix_leaves_the_normal_form(prefix: str, put: str, rest: str, merge: bool) -> None:
    request_path = normalise_path("/" + prefix + "/" + rest, merge)
    for edit in (StripPrefix(prefix="/" + prefix), ReplacePrefix(prefix="/" + prefix, replacement="/" + put)):
        path = edited(edit, Request(request_path), merge)
        assert path.startswith("/")
        assert normalise_path(path, merge) == path


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (StripPrefix(prefix="/a/b/.."), "/a/x"),
        (StripPrefix(prefix="/%61"), "/a/x"),
        (ReplacePrefix(prefix="/a", replacement="/b/../"), "/a/x"),
        (ReplacePrefix(prefix="/a", replacement="//"), "/a/x"),
    ],
)
def test_what_a_rule_says_is_read_in_its_normal_form(edit: StripPrefix | ReplacePrefix, path: str) -> None:
    assert edited(edit, Request(path), merge=True) == "/x"


@pytest.mark.parametrize("value", ["%2e%2e/%2e%2e/secret", "%2E%2E", "a/%2e./b", ".%2e/"])
def test_escaped_dots_do_not_climb(value: str) -> None:
    with pytest.raises(Refusal):
        compile_path_edit(RewritePath(path="/kept/{query}"), merge_slashes=True)(Request("/", "?" + value))  # type: ignore[misc]


@given(st.sampled_from((for_path, for_address, for_header)), hostile)
def test_no_value_breaks_a_line_or_ends_a_field(encode, value: str) -> None:
    rendered = compile_template("a{x}b", encode)(Request("/", captures={"x": value}))
    assert not set(rendered) & set("\r\n\0\x7f")
    if encode is not for_header:
        assert rendered.isascii()
        assert " " not in rendered
        assert "%zz" not in rendered


@given(hostile)
def test_a_value_that_is_safe_already_is_not_encoded_twice(value: str) -> None:
    once = for_path(value)
    assert for_path(once) == once
    assert for_address(for_address(value)) == for_address(value)


@given(st.text(max_size=20))
def test_a_header_that_a_rule_sets_is_one_line_whatever_is_in_it(value: str) -> None:
    edit = EditHeader(action="set", side="request", name="X-A", value="<{x}>")
    fields = apply_edits(compile_edits([edit], "request"), [], Request("/", captures={"x": value}))
    (_, name, sent) = fields[0]
    assert (len(fields), name) == (1, b"X-A")
    assert not set(sent) & set(b"\r\n\0")


@pytest.mark.parametrize("text", ["a\r\nb", "a\nb", "\0", "\x7f{path}"])
def test_a_template_that_would_break_a_line_is_refused_where_it_is_compiled(text: str) -> None:
    for encode in (for_path, for_address, for_header):
        with pytest.raises(ValueError, match="control characters"):
            compile_template(text, encode)


def test_a_tab_may_stand_in_a_header() -> None:
    assert compile_template("a\tb", for_header)(Request("/")) == "a\tb"
