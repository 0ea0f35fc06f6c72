"""Document → text, in the one canonical form; ``parse(print_document(x)).document == x``.

A rule, named limit or inner block stands on one line where it has no comments inside and fits; everything else
has a clause a line. Definitions are parted by an empty line, except one-liners that follow each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from weir.models.document import (
    Defaults,
    Define,
    Definition,
    Document,
    Group,
    Limit,
    RateLine,
    Rule,
    Upstream,
)
from weir.models.node import Block, Clause
from weir.models.rule_clauses import PathLine
from weir.rules.clauses.actions import write_path_line
from weir.rules.clauses.limits import write_rate
from weir.rules.clauses.table import WRITERS
from weir.rules.conditions import write_condition
from weir.rules.names import write_name
from weir.rules.syntax import Braces

WIDTH = 100
"""Columns that a one-line block may take."""

_INDENT = "    "


def print_document(document: Document) -> str:
    """Ends with a newline."""
    parts = [*_comment_lines(document.comments, ""), f"language {document.language}"]
    previous_short = False
    for index, definition in enumerate(document.definitions):
        lines = _print(definition, "")
        short = len(lines) == 1
        if not (index and short and previous_short):
            parts.append("")
        parts += lines
        previous_short = short
    if document.comments_end:
        parts += ["", *_comment_lines(document.comments_end, "")]
    return "\n".join(parts) + "\n"


def print_definition(definition: Definition) -> str:
    """One definition by itself, without a newline at the end."""
    return "\n".join(_print(definition, ""))


def _print(item: Clause | str, indent: str) -> list[str]:
    """The lines of one definition, clause or plain line."""
    if isinstance(item, str):
        return [indent + item]
    above = _comment_lines(item.comments, indent)
    form = _form(item)
    if isinstance(form, str):
        return [*above, indent + form + _beside(item)]
    single = _on_one_line(item, form, indent)
    if single:
        return [*above, single]
    return [*above, *_braced(item, form, indent)]


def _form(item: Clause) -> str | Braces:
    if isinstance(item, Rule):
        return Braces(f"rule {write_name(item.name)}", item.clauses)
    if isinstance(item, Group):
        return Braces(f"group {write_name(item.name)}", item.members)
    if isinstance(item, Upstream):
        return Braces(f"upstream {write_name(item.name)}", item.clauses)
    if isinstance(item, Limit):
        return Braces(f"limit {write_name(item.name)}", item.rates)
    if isinstance(item, Defaults):
        return Braces("defaults", item.clauses)
    if isinstance(item, Define):
        return f"define {item.name} = {write_condition(item.condition)}"
    if isinstance(item, RateLine):
        return write_rate(item.rate)
    if isinstance(item, PathLine):
        return write_path_line(item)
    return WRITERS[type(item)](item)


def _on_one_line(item: Clause, form: Braces, indent: str) -> str:
    """The block on one line, or nothing where that is not its form."""
    if isinstance(item, Group | Defaults) or (isinstance(item, Block) and item.comments_end):
        return ""
    inner = _inline(form.items)
    if inner is None:
        return ""
    line = f"{indent}{form.head} {{ {inner} }}" if inner else f"{indent}{form.head} {{}}"
    return line + _beside(item) if len(line) <= WIDTH else ""


def _inline(items: Sequence[Clause | str]) -> str | None:
    """``a; b; c``, or None where an item has comments or a block of its own."""
    parts: list[str] = []
    for item in items:
        form = item if isinstance(item, str) else _form(item)
        if isinstance(form, Braces) or (isinstance(item, Clause) and (item.comments or item.comment_beside)):
            return None
        parts.append(form)
    return "; ".join(parts)


def _braced(item: Clause, form: Braces, indent: str) -> list[str]:
    deeper = indent + _INDENT
    lines = [f"{indent}{form.head} {{{_beside(item)}"]
    for member in form.items:
        lines += _print(member, deeper)
    if isinstance(item, Block):
        lines += _comment_lines(item.comments_end, deeper)
    return [*lines, indent + "}"]


def _comment_lines(comments: Sequence[str], indent: str) -> list[str]:
    return [f"{indent}# {comment}".rstrip() for comment in comments]


def _beside(item: Clause) -> str:
    return f"  # {item.comment_beside}" if item.comment_beside else ""
