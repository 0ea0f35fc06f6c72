"""``limit``: by name or written out, and the rate that both are made of."""

from __future__ import annotations

from typing import get_args, get_type_hints

from weir.models.rule_clauses import InlineLimit, UseLimit
from weir.models.values import LimitKey, Rate
from weir.rules.cursor import Cursor, alternatives
from weir.rules.lexer import quote
from weir.rules.names import write_name
from weir.rules.syntax import RULE, Syntax
from weir.rules.units import print_duration

KEY_FIELDS: frozenset[str] = frozenset(get_args(get_type_hints(LimitKey)["field"]))
NAMED_KEYS = frozenset({"header", "query", "cookie"})
MAX_COUNT = 10**12
MAX_COST = 1_000_000
_OPTIONS = ("smooth", "calendar", "burst", "cost", "shadow", "on_store_failure", "max_keys")


def read_rate(cursor: Cursor) -> Rate:
    """``100 per 1m by ip smooth burst 20``; options may stand in any order, each once."""
    token = cursor.token
    count = cursor.integer("how many", 1, MAX_COUNT)
    cursor.expect_word("per")
    per_month = cursor.accept_word("month")
    per_ms = 0 if per_month else cursor.duration()
    by = cursor.comma_separated(lambda: _read_key(cursor)) if cursor.accept_word("by") else ()
    options: dict[str, object] = {}
    while not cursor.at_clause_end():
        start = cursor.token
        word = cursor.one_of(_OPTIONS)
        name = "window" if word in ("smooth", "calendar") else word
        if name in options:
            raise cursor.wrong(start, f'"{word}" stands beside another of its kind')
        options[name] = _read_option(cursor, word)
    rate = Rate(count=count, per_ms=per_ms, per_month=per_month, by=by, **options)  # type: ignore[arg-type]  # by name
    return cursor.placed(token, rate)


def _read_option(cursor: Cursor, word: str) -> object:
    if word in ("smooth", "calendar"):
        return word
    if word == "shadow":
        return True
    if word == "on_store_failure":
        choice = cursor.one_of(("share", "open", "closed"))
        return "share strict" if choice == "share" and cursor.accept_word("strict") else choice
    return cursor.integer(word, 1, MAX_COST if word == "cost" else MAX_COUNT)


def _read_key(cursor: Cursor) -> LimitKey:
    token = cursor.token
    field = cursor.one_of(KEY_FIELDS, f"what to count by: {alternatives(KEY_FIELDS)}")
    name = ""
    if field in NAMED_KEYS:
        cursor.expect_symbol("(")
        name = cursor.string(f"the name of the {field}")
        cursor.expect_symbol(")")
    return cursor.placed(token, LimitKey(field, name))  # type: ignore[arg-type]  # one_of checked it


def write_rate(rate: Rate) -> str:
    parts = [f"{rate.count} per {'month' if rate.per_month else print_duration(rate.per_ms)}"]
    if rate.by:
        parts.append("by " + ", ".join(map(_write_key, rate.by)))
    if rate.window != "sliding":
        parts.append(rate.window)
    if rate.burst is not None:
        parts.append(f"burst {rate.burst}")
    if rate.cost != 1:
        parts.append(f"cost {rate.cost}")
    if rate.shadow:
        parts.append("shadow")
    if rate.on_store_failure != "share":
        parts.append(f"on_store_failure {rate.on_store_failure}")
    if rate.max_keys is not None:
        parts.append(f"max_keys {rate.max_keys}")
    return " ".join(parts)


def _write_key(key: LimitKey) -> str:
    return f"{key.field}({quote(key.name)})" if key.field in NAMED_KEYS else key.field


def _read_limit(cursor: Cursor) -> UseLimit | InlineLimit:
    if cursor.at("number"):
        return InlineLimit(rate=read_rate(cursor))
    name = cursor.name("the name of a limit, or a rate such as 100 per 1m")
    cost = cursor.integer("a cost", 1, MAX_COST) if cursor.accept_word("cost") else 1
    return UseLimit(name=name, cost=cost)


def _write_limit(limit: UseLimit | InlineLimit) -> str:
    if isinstance(limit, InlineLimit):
        return f"limit {write_rate(limit.rate)}"
    return f"limit {write_name(limit.name)}" + (f" cost {limit.cost}" if limit.cost != 1 else "")


SYNTAXES = (
    Syntax(
        "limit",
        (UseLimit, InlineLimit),
        _read_limit,
        _write_limit,
        RULE,
        "limit NAME [cost N]  |  limit N per DURATION|month [by KEY, …] [smooth|calendar] [burst N] [cost N] [shadow]"
        " [on_store_failure share [strict]|open|closed] [max_keys N]",
        "Counts the request cluster-wide and answers 429 above the limit; several may stand in one rule.",
        (
            "limit gold",
            "limit 100 per 1m by ip",
            'limit 1000 per 1h by header("X-Tenant") smooth burst 50 on_store_failure open',
            "limit 100000 per month by consumer calendar shadow",
        ),
    ),
)
