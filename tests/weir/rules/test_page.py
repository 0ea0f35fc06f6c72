"""The reference page names everything; that the file in docs is this text is tested with the documentation."""

from __future__ import annotations

from typing import get_args

from weir.models.condition import Field, Operator
from weir.rules.clauses.table import SYNTAXES
from weir.rules.page import page
from weir.rules.template import TEMPLATE_NAMES


def test_the_page_has_every_clause_field_operator_and_name() -> None:
    text = page()
    for syntax in SYNTAXES:
        assert f"### {syntax.word}\n" in text
        assert syntax.meaning in text
        assert all(example in text for example in syntax.examples)
    assert all(f"`{name}" in text for name in get_args(Field))
    assert all(f"`{name}`" in text for name in get_args(Operator))
    assert all(f"`{{{name}}}`" in text for name in TEMPLATE_NAMES)


def test_what_is_not_built_is_marked() -> None:
    text = page()
    assert "- `tls verify off` (not built yet)" in text
    assert "- `proxy orders`\n" in text
