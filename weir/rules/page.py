"""The reference page of the language, made from the table of clauses, so that it cannot lag behind."""

from __future__ import annotations

from collections.abc import Iterator

from weir.models.condition import NAMED_FIELDS, OPERATORS_OF_FIELD
from weir.rules.clauses.table import SYNTAXES
from weir.rules.cursor import Cursor
from weir.rules.problems import Problems
from weir.rules.support import not_built
from weir.rules.syntax import DEFAULTS, RULE, UPSTREAM, Place, Syntax
from weir.rules.template import TEMPLATE_NAMES

_SECTIONS: tuple[tuple[str, frozenset[Place]], ...] = (
    ("Clauses of a rule or group", RULE),
    ("Clauses of an upstream", UPSTREAM),
    ("Clauses of defaults", DEFAULTS),
)


def page() -> str:
    """docs/rule-reference.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Reference of the rule language"
    yield ""
    yield "Made by `make docs` from the code. For an introduction see [the rule language](rule-language.md)."
    for title, places in _SECTIONS:
        yield from ("", f"## {title}")
        for syntax in SYNTAXES:
            if places <= syntax.places:
                yield from _clause(syntax)
    yield from ("", "## Fields and operators", "", "| field | operators |", "|---|---|")
    for field, operators in OPERATORS_OF_FIELD.items():
        shown = f'{field}("NAME")' if field in NAMED_FIELDS else field
        yield f"| `{shown}` | {' '.join(f'`{operator}`' for operator in sorted(operators))} |"
    names = " ".join(f"`{{{name}}}`" for name in sorted(TEMPLATE_NAMES))
    yield from ("", "## Names in templates", "", f"{names}, and what `like` captures.")


def _clause(syntax: Syntax) -> Iterator[str]:
    yield from (
        "",
        f"### {syntax.word}",
        "",
        syntax.meaning,
        "",
        "```",
        *syntax.form.split("  |  "),
        "```",
        "",
    )
    unbuilt = [example for example in syntax.examples if _unbuilt(syntax, example)]
    yield from (
        f"- `{example}`{' (not built yet)' if example in unbuilt else ''}" for example in syntax.examples
    )


def _unbuilt(syntax: Syntax, example: str) -> str:
    cursor = Cursor(example, Problems())
    cursor.take()
    return not_built(syntax.read(cursor))
