"""The base of everything a document is made of."""

from __future__ import annotations

import msgspec


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """A frozen value with a ``kind`` in its JSON form; unknown fields are refused, defaults are left out."""


class Clause(Node, frozen=True, kw_only=True):
    """One line of a block, with the comments that belong to it."""

    comments: tuple[str, ...] = ()
    """Comment lines above, without the ``#`` and the space after it."""

    comment_beside: str = ""
    """The comment on the same line, without the ``#`` and the space after it."""


class Block(Clause, frozen=True, kw_only=True):
    """Something with braces; comments between its last clause and the closing brace are kept too."""

    comments_end: tuple[str, ...] = ()
