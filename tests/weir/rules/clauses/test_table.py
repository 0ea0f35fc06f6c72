"""Every clause of the language: its examples are canonical, its form names its word, it stands where it says."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.documents import default_clauses, rule_clauses, upstream_clauses
from weir.models.default_clauses import DefaultClause
from weir.models.document import Defaults, Document, Rule, Upstream
from weir.models.node import Clause
from weir.models.problem import Refused
from weir.models.rule_clauses import RuleClause
from weir.models.upstream_clauses import UpstreamClause
from weir.rules.clauses.table import BY_PLACE, SYNTAXES, WRITERS
from weir.rules.parser import parse
from weir.rules.printer import print_document
from weir.rules.syntax import EVERYWHERE, Place, Syntax

BLOCKS: dict[Place, str] = {"rule": "rule a", "upstream": "upstream a", "defaults": "defaults"}

EXAMPLES = [(syntax, example) for syntax in SYNTAXES for example in syntax.examples]


def clauses_of(text: str) -> tuple[Clause, ...]:
    definition = parse(text).document.definitions[0]
    assert isinstance(definition, Rule | Upstream | Defaults)
    return definition.clauses


@pytest.mark.parametrize(("syntax", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_every_example_is_one_canonical_clause(syntax: Syntax, example: str) -> None:
    for place in syntax.places:
        (clause,) = clauses_of(f"{BLOCKS[place]} {{ {example} }}")
        assert type(clause) in syntax.kinds
        printed = print_document(parse(f"{BLOCKS[place]} {{ {example} }}").document)
        inner = printed.split("{", 1)[1].rsplit("}", 1)[0]
        assert " ".join(inner.split()).removesuffix(";") == example


@pytest.mark.parametrize("syntax", SYNTAXES, ids=[syntax.word for syntax in SYNTAXES])
def test_every_form_and_example_begins_with_the_word(syntax: Syntax) -> None:
    assert all(form.split()[0] == syntax.word for form in syntax.form.split("  |  "))
    assert syntax.examples
    assert all(example.split()[0] == syntax.word for example in syntax.examples)
    assert syntax.meaning.endswith(".")


@pytest.mark.parametrize("syntax", SYNTAXES, ids=[syntax.word for syntax in SYNTAXES])
def test_a_clause_is_refused_where_it_does_not_belong(syntax: Syntax) -> None:
    for place in EVERYWHERE - syntax.places:
        with pytest.raises(Refused, match=f'"{syntax.word}" is a clause of '):
            parse(f"{BLOCKS[place]} {{ {syntax.examples[0]} }}")


@pytest.mark.parametrize(
    ("place", "kinds"), [("rule", RuleClause), ("upstream", UpstreamClause), ("defaults", DefaultClause)]
)
def test_every_kind_of_clause_has_a_way_to_be_read_and_printed(place: Place, kinds: object) -> None:
    readable = {kind for syntax in BY_PLACE[place].values() for kind in syntax.kinds}
    assert readable == set(get_args(kinds))
    assert readable <= WRITERS.keys()


def test_words_are_unique_and_kinds_have_one_writer() -> None:
    words = [syntax.word for syntax in SYNTAXES]
    assert len(words) == len(set(words))
    writers: dict[type, set[object]] = {}
    for syntax in SYNTAXES:
        for kind in syntax.kinds:
            writers.setdefault(kind, set()).add(syntax.write)
    assert all(len(functions) == 1 for functions in writers.values())


@pytest.mark.parametrize(
    "definition",
    [
        "defaults {\n    log off\n}",
        'define office = ip in ["10.0.0.0/8", "192.168.0.0/16"]',
        "upstream orders { target http://orders-1.prod:8080 weight 3; balance p2c }",
        "limit gold { 100 per 1m by consumer; 10 per 1s }",
        "group api {\n    proxy orders\n    rule export { require none }\n}",
        'rule rest { when any; respond 404 "nothing here" }',
    ],
)
def test_every_definition_is_canonical(definition: str) -> None:
    assert print_document(parse(definition).document) == f"language 1\n\n{definition}\n"


def test_the_strategies_of_the_tests_know_every_kind() -> None:
    for strategy, kinds in [
        (rule_clauses, RuleClause),
        (upstream_clauses, UpstreamClause),
        (default_clauses, DefaultClause),
    ]:
        text = repr(strategy)
        assert [kind.__name__ for kind in get_args(kinds) if kind.__name__ not in text] == []


def test_an_empty_block_is_a_definition_too() -> None:
    assert parse("rule a {}").document == Document(definitions=(Rule(name="a"),))
