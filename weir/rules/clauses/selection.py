"""``when`` and ``priority``: which requests, and which rule first."""

from __future__ import annotations

from weir.models.rule_clauses import Priority, When
from weir.rules.conditions import read_condition, write_condition
from weir.rules.cursor import Cursor
from weir.rules.syntax import RULE, Syntax

MAX_PRIORITY = 1_000_000


def _read_when(cursor: Cursor) -> When:
    return When(condition=read_condition(cursor))


def _write_when(when: When) -> str:
    return f"when {write_condition(when.condition)}"


def _read_priority(cursor: Cursor) -> Priority:
    return Priority(value=cursor.integer("a priority", 0, MAX_PRIORITY))


def _write_priority(priority: Priority) -> str:
    return f"priority {priority.value}"


SYNTAXES = (
    Syntax(
        "when",
        (When,),
        _read_when,
        _write_when,
        RULE,
        "when CONDITION",
        "Which requests the rule is for; without it, every request.",
        (
            'when host == "shop.example.com" and path under "/static"',
            'when not ip in ["10.0.0.0/8"]',
            "when any",
        ),
    ),
    Syntax(
        "priority",
        (Priority,),
        _read_priority,
        _write_priority,
        RULE,
        "priority NUMBER",
        "Ranks before everything else; higher wins, 0 if not given.",
        ("priority 10",),
    ),
)
