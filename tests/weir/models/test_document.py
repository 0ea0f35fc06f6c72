"""The JSON of each kind of node."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given

from tests.support.documents import definitions, moderate
from weir.models.condition import And, AnyRequest, Compare, Condition, Not, Or, Reference
from weir.models.default_clauses import DefaultClause
from weir.models.document import OWNERS, Definition, Document, Owner, Rule
from weir.models.rule_clauses import Proxy, RuleClause, UseLimit
from weir.models.upstream_clauses import UpstreamClause
from weir.models.values import Destination

KINDS = sorted(
    {*get_args(Definition), *get_args(RuleClause), *get_args(UpstreamClause), *get_args(DefaultClause)}
    | set(get_args(Condition)),
    key=str,
)


@moderate
@given(definitions)
def test_every_definition_says_its_kind_and_reads_back(definition: Definition) -> None:
    data = msgspec.json.encode(definition)
    assert msgspec.json.decode(data)["kind"] == definition.__struct_config__.tag
    assert msgspec.json.decode(data, type=Definition) == definition


@pytest.mark.parametrize("union", [Definition, RuleClause | Rule, UpstreamClause, DefaultClause, Condition])
def test_kinds_are_unique_where_they_stand_for_each_other(union: object) -> None:
    tags = [kind.__struct_config__.tag for kind in get_args(union)]
    assert len(tags) == len(set(tags))
    assert all(isinstance(tag, str) for tag in tags)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_unknown_fields_and_other_kinds_are_refused_and_nodes_do_not_change(
    kind: type[msgspec.Struct],
) -> None:
    assert kind.__struct_config__.forbid_unknown_fields
    assert kind.__struct_config__.frozen
    assert kind.__struct_config__.omit_defaults
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"kind":"nothing"}', type=kind)


@pytest.mark.parametrize(
    ("node", "data"),
    [
        (AnyRequest(), '{"kind":"any"}'),
        (Reference("a"), '{"kind":"reference","name":"a"}'),
        (
            Compare("port", "in", (80, 81)),
            '{"kind":"compare","field":"port","operator":"in","value":[80,81]}',
        ),
        (
            Compare("header", "exists", None, "X"),
            '{"kind":"compare","field":"header","operator":"exists","name":"X"}',
        ),
        (Not(AnyRequest()), '{"kind":"not","term":{"kind":"any"}}'),
        (And((AnyRequest(),)), '{"kind":"and","terms":[{"kind":"any"}]}'),
        (Or(()), '{"kind":"or","terms":[]}'),
        (UseLimit(name="gold"), '{"kind":"use limit","name":"gold"}'),
        (
            Rule(name="a", clauses=(Proxy(to=(Destination("u"),)),), comments=("c",), comment_beside="b"),
            """{"kind":"rule","name":"a","clauses":[{"kind":"proxy","to":[{"to":"u"}]}],
                "comments":["c"],"comment_beside":"b"}""",
        ),
    ],
)
def test_json_of_nodes(node: msgspec.Struct, data: str) -> None:
    assert msgspec.json.decode(msgspec.json.encode(node)) == msgspec.json.decode(data)
    assert msgspec.json.decode(data, type=type(node)) == node


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `definition`"):
        msgspec.json.decode(b'{"definition":[]}', type=Document)


def test_owners_stand_in_their_order_of_precedence() -> None:
    assert OWNERS == get_args(Owner) == ("file", "api", "k8s")
