"""Conditions: how they are read and how they are printed.

``or`` binds weakest, then ``and``, then ``not``. Parentheses inside a condition of the same kind are kept as they
were written, so that nothing is lost between text and models.
"""

from __future__ import annotations

from collections.abc import Callable

from weir.models.condition import (
    NAMED_FIELDS,
    OPERATORS_OF_FIELD,
    And,
    AnyRequest,
    Compare,
    Condition,
    Not,
    Or,
    Reference,
)
from weir.rules.cursor import Cursor, alternatives
from weir.rules.lexer import quote
from weir.rules.suggest import closest

_WORDS = frozenset({"any", "not", "and", "or"})
RESERVED = _WORDS | OPERATORS_OF_FIELD.keys()
"""What a ``define`` cannot be called."""

_OPERATORS = frozenset(operator for operators in OPERATORS_OF_FIELD.values() for operator in operators)
_BEHIND_A_FIELD = _OPERATORS | {"("}


def read_condition(cursor: Cursor) -> Condition:
    """A whole condition; ``any`` alone matches every request."""
    return _read_joined(cursor, "or", Or, _read_conjunction)


def write_condition(condition: Condition) -> str:
    """The inverse of ``read_condition``, with no more parentheses than it needs."""
    if isinstance(condition, Or):
        return " or ".join(_inside(term, Or) for term in condition.terms)
    if isinstance(condition, And):
        return " and ".join(_inside(term, And, Or) for term in condition.terms)
    if isinstance(condition, Not):
        return "not " + _inside(condition.term, And, Or)
    if isinstance(condition, Compare):
        return write_compare(condition)
    return condition.name if isinstance(condition, Reference) else "any"


def write_compare(compare: Compare) -> str:
    field = f"{compare.field}({quote(compare.name)})" if compare.field in NAMED_FIELDS else compare.field
    if compare.operator == "exists":
        return f"{field} exists"
    return f"{field} {compare.operator} {_write_value(compare.value)}"


def _inside(term: Condition, *looser: type) -> str:
    text = write_condition(term)
    return f"({text})" if isinstance(term, looser) else text


def _write_value(value: str | int | tuple[str | int, ...] | None) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_write_value(member) for member in value)}]"
    return quote(value) if isinstance(value, str) else str(value)


def _read_conjunction(cursor: Cursor) -> Condition:
    return _read_joined(cursor, "and", And, _read_term)


def _read_joined(
    cursor: Cursor, word: str, kind: type[And] | type[Or], read: Callable[[Cursor], Condition]
) -> Condition:
    start = cursor.token
    terms = [read(cursor)]
    while cursor.joined_by(word):
        terms.append(read(cursor))
    return terms[0] if len(terms) == 1 else cursor.placed(start, kind(tuple(terms)))


def _read_term(cursor: Cursor) -> Condition:
    start = cursor.token
    if cursor.at_word_of(OPERATORS_OF_FIELD):
        return cursor.placed(start, _read_compare(cursor))
    if cursor.accept_word("not"):
        cursor.skip_lines()
        return cursor.placed(start, Not(cursor.nested(_read_term)))
    if cursor.at_symbol("("):
        return cursor.bracketed("(", ")", lambda: cursor.nested(read_condition))
    if cursor.accept_word("any"):
        return cursor.placed(start, AnyRequest())
    if cursor.at("word") and not cursor.at_word_of(_WORDS):
        return cursor.placed(start, _read_reference(cursor))
    raise cursor.unexpected("a condition")


def _read_reference(cursor: Cursor) -> Reference:
    token = cursor.take()
    if cursor.token.kind in ("symbol", "word") and cursor.token.text in _BEHIND_A_FIELD:
        fields = OPERATORS_OF_FIELD.keys()
        raise cursor.wrong(
            token, f'unknown field "{token.text}"', alternatives(fields), closest(token.text, fields)
        )
    return Reference(token.text)


def _read_compare(cursor: Cursor) -> Compare:
    field = cursor.take().text
    name = ""
    if field in NAMED_FIELDS:
        cursor.expect_symbol("(")
        name = cursor.string(f"the name of the {field}")
        cursor.expect_symbol(")")
    operator = _read_operator(cursor, field)
    return Compare(field, operator, _read_value(cursor, field, operator), name)  # type: ignore[arg-type]  # both were looked up


def _read_operator(cursor: Cursor, field: str) -> str:
    allowed = OPERATORS_OF_FIELD[field]
    token = cursor.token
    if token.kind not in ("word", "symbol") or token.text not in _OPERATORS:
        suggestion = {"=": '"=="', "is": '"=="', "not": f'"not {field} …" or "!="'}.get(token.text, "")
        raise cursor.unexpected(
            f"an operator: {alternatives(allowed)}",
            suggestions=() if suggestion else allowed,
            suggestion=suggestion,
        )
    if token.text not in allowed:
        raise cursor.wrong(token, f'"{token.text}" does not work on {field}', alternatives(allowed))
    return cursor.take().text


def _read_value(cursor: Cursor, field: str, operator: str) -> str | int | tuple[str | int, ...] | None:
    if operator == "exists":
        return None

    def member() -> str | int:
        if field == "port":
            return cursor.integer("a port number", 1, 65_535)
        return cursor.string("a value")

    return cursor.list_of(member) if operator == "in" else member()
