"""``set``, ``add`` and ``remove`` of headers, compiled once for a rule.

What ``set`` and ``remove`` are of is gone in every spelling: CGI and WSGI servers read ``_`` as ``-``, so a client
could say with ``X_User`` what a rule says with ``X-User``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from edge.edits.template import Render, Values, compile_template, for_header, is_fixed
from edge.http.head import Field
from weir.models.rule_clauses import EditHeader

if TYPE_CHECKING:
    from edge.exchange import Exchange


class FieldEdit(Protocol):
    """Anything that changes the fields of an answer."""

    def apply(self, fields: list[Field], exchange: Exchange, /) -> list[Field]:
        """The fields after this edit; ``fields`` itself may be changed."""


class HeaderEdit:
    """One edit; ``render`` is None for ``remove``."""

    __slots__ = ("folded", "is_fixed", "keep_others", "lower", "name", "render")

    def __init__(self, edit: EditHeader) -> None:
        """Raises ValueError for a value that cannot be rendered (a secret, or a broken template)."""
        if edit.value is not None and not isinstance(edit.value, str):
            raise ValueError(
                f"the value of {edit.name} is a secret, which this version of the edge cannot read"
            )
        self.name = edit.name.encode("ascii")
        self.lower = self.name.lower()
        self.folded = folded(self.lower)
        self.keep_others = edit.action == "add"
        self.render: Render | None = None
        self.is_fixed = edit.value is None or is_fixed(edit.value)
        """Whether it comes to the same for every request."""
        if edit.value is not None:
            self.render = compile_template(edit.value, for_header)

    def apply(self, fields: list[Field], values: Values) -> list[Field]:
        """The fields after this edit; ``fields`` itself may be changed."""
        if not self.keep_others:
            fields = without(fields, self.folded)
        if self.render is not None:
            fields.append((self.lower, self.name, header_bytes(self.render(values))))
        return fields


def folded(lower: bytes) -> bytes:
    """The same for all spellings of a name."""
    return lower.replace(b"_", b"-")


def without(fields: list[Field], name: bytes) -> list[Field]:
    """Those of another name; ``name`` is ``folded``."""
    return [field for field in fields if field[0] != name and folded(field[0]) != name]


def compile_edits(
    edits: Iterable[EditHeader], side: Literal["request", "response"]
) -> tuple[HeaderEdit, ...]:
    """Those of one side, in their order."""
    return tuple(HeaderEdit(edit) for edit in edits if edit.side == side)


def apply_edits(edits: Iterable[FieldEdit], fields: list[Field], exchange: Exchange) -> list[Field]:
    """All of them, in order."""
    for edit in edits:
        fields = edit.apply(fields, exchange)
    return fields


def header_bytes(text: str) -> bytes:
    """Latin-1 as it came (RFC 9110 §5.5), else UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")
