"""set, add and remove of headers."""

from __future__ import annotations

import pytest

from edge.edits.headers import apply_edits, compile_edits, header_bytes
from weir.models.rule_clauses import EditHeader
from weir.models.values import Secret


class Nothing:
    captures = {"x": "1"}  # noqa: RUF012 - a constant

    def template_value(self, name: str) -> str:
        return name


FIELDS = [(b"x-a", b"X-A", b"1"), (b"x-b", b"X-B", b"2"), (b"x-a", b"x-a", b"3")]


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [
        ("set", "{x}", [FIELDS[1], (b"x-a", b"X-a", b"1")]),
        ("add", "9", [*FIELDS, (b"x-a", b"X-a", b"9")]),
        ("remove", None, [FIELDS[1]]),
    ],
)
def test_an_edit_does_what_it_says(action, value, expected) -> None:
    edits = compile_edits([EditHeader(action=action, side="request", name="X-a", value=value)], "request")
    assert apply_edits(edits, list(FIELDS), Nothing()) == expected


@pytest.mark.parametrize("name", ["X-User-Id", "X_User_Id", "x-user_id"])
@pytest.mark.parametrize("action", ["set", "remove"])
def test_no_other_spelling_says_it_too(name: str, action: str) -> None:
    """CGI and WSGI servers read ``_`` as ``-``."""
    said = [(each.lower(), each, b"root") for each in (b"X-User-Id", b"X_User_Id", b"X_USER-ID")]
    edits = compile_edits(
        [EditHeader(action=action, side="request", name=name, value="{x}" if action == "set" else None)],
        "request",
    )
    kept = apply_edits(edits, [*said, FIELDS[0]], Nothing())
    assert [value for _, _, value in kept] == [b"1"] * (2 if action == "set" else 1)


def test_sides_are_kept_apart() -> None:
    edits = [EditHeader(action="remove", side="response", name="X-A")]
    assert compile_edits(edits, "request") == ()
    assert len(compile_edits(edits, "response")) == 1


def test_a_secret_is_refused() -> None:
    edit = EditHeader(action="set", side="request", name="X-A", value=Secret(name="s"))
    with pytest.raises(ValueError, match="secret"):
        compile_edits([edit], "request")


def test_values_keep_latin_1_and_else_are_utf_8() -> None:
    assert header_bytes("é") == b"\xe9"
    assert header_bytes("中") == "中".encode()
