"""Single definitions of a document."""

from __future__ import annotations

import pytest

from weir.models.document import Document, Rule
from weir.rules.edits import (
    BadPlace,
    Beside,
    Kind,
    Named,
    NoSuchDefinition,
    find,
    get,
    last_part,
    put,
    remove,
)
from weir.rules.parser import parse
from weir.rules.printer import print_document

TEXT = """\
language 1

define inside = ip in ["10.0.0.0/8"]

upstream u { target http://127.0.0.1:1 }

rule a { respond 200 }

group g {
    when inside
    rule x { respond 200 }
    rule y { respond 200 }
}

rule b { respond 200 }
"""
DOCUMENT = parse(TEXT).document


def one(text: str) -> Named:
    return parse(text).document.definitions[0]  # type: ignore[return-value]


def order(document: Document) -> list[str]:
    return [getattr(each, "name", "") for each in document.definitions]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("rule", "a"), ("rule", "g/x"), ("group", "g"), ("upstream", "u"), ("define", "inside")],
)
def test_a_definition_is_found_by_kind_and_full_name(kind: Kind, name: str) -> None:
    found = get(DOCUMENT, kind, name)
    assert found is not None
    assert found.name == name.rpartition("/")[2]


@pytest.mark.parametrize(("kind", "name"), [("rule", "x"), ("rule", "g"), ("group", "a"), ("limit", "u")])
def test_what_is_of_another_kind_or_name_is_not_found(kind: Kind, name: str) -> None:
    assert find(DOCUMENT, kind, name) is None
    with pytest.raises(NoSuchDefinition, match=f'no {kind} called "{name}"'):
        remove(DOCUMENT, kind, name)


def test_replacing_keeps_place_and_all_other_objects() -> None:
    edit = put(DOCUMENT, "rule", "a", one("rule a { respond 201 }"))
    assert order(edit.document) == order(DOCUMENT)
    assert "rule a { respond 201 }" in print_document(edit.document)
    others = zip(edit.document.definitions, DOCUMENT.definitions, strict=True)
    assert sum(new is old for new, old in others) == len(DOCUMENT.definitions) - 1
    assert (edit.removed, edit.added) == ((DOCUMENT.definitions[2],), (one("rule a { respond 201 }"),))


def test_a_rule_in_a_group_is_replaced_there() -> None:
    edit = put(DOCUMENT, "rule", "g/y", one("rule y { respond 204 }"))
    assert "    rule x { respond 200 }\n    rule y { respond 204 }" in print_document(edit.document)
    assert edit.removed == (DOCUMENT.definitions[3],)


def test_a_new_rule_goes_to_the_end_and_a_new_upstream_behind_the_last() -> None:
    assert order(put(DOCUMENT, "rule", "c", one("rule c { respond 200 }")).document)[-1] == "c"
    new = put(DOCUMENT, "upstream", "v", one("upstream v { target http://127.0.0.1:2 }"))
    assert order(new.document)[:3] == ["inside", "u", "v"]


def test_the_first_limit_comes_before_the_rules() -> None:
    new = put(DOCUMENT, "limit", "gold", one("limit gold { 5 per 1s }"))
    assert order(new.document) == ["inside", "u", "gold", "a", "g", "b"]


def test_a_new_rule_with_the_name_of_a_group_before_it_goes_into_the_group() -> None:
    new = put(DOCUMENT, "rule", "g/z", one("rule z { respond 200 }"))
    assert "    rule y { respond 200 }\n    rule z { respond 200 }\n}" in print_document(new.document)
    assert last_part(DOCUMENT, "rule", "g/z") == "z"
    assert last_part(DOCUMENT, "rule", "g/x") == "x"
    assert last_part(DOCUMENT, "rule", "other/z") == "other/z"


def test_a_rule_is_moved_before_and_behind_another() -> None:
    rule = one("rule b { respond 200 }")
    assert order(put(DOCUMENT, "rule", "b", rule, Beside("a", "before")).document)[2:] == ["b", "a", "g"]
    assert order(put(DOCUMENT, "rule", "b", rule, Beside("a", "after")).document)[2:] == ["a", "b", "g"]
    assert order(put(DOCUMENT, "rule", "b", rule, Beside("g", "before")).document)[2:] == ["a", "b", "g"]


def test_a_rule_of_a_group_is_moved_within_it() -> None:
    rule = one("rule y { respond 200 }")
    for name in ("x", "g/x"):
        moved = print_document(put(DOCUMENT, "rule", "g/y", rule, Beside(name, "before")).document)
        assert moved.index("rule y") < moved.index("rule x")


def test_a_neighbour_that_is_not_there_or_elsewhere_is_refused() -> None:
    rule = one("rule b { respond 200 }")
    with pytest.raises(NoSuchDefinition, match='"nobody" to stand beside'):
        put(DOCUMENT, "rule", "b", rule, Beside("nobody", "after"))
    with pytest.raises(BadPlace, match="is in a group"):
        put(DOCUMENT, "rule", "b", rule, Beside("g/x", "after"))
    with pytest.raises(NoSuchDefinition, match='in the group "g"'):
        put(DOCUMENT, "rule", "g/x", rule, Beside("a", "after"))


def test_beside_itself_is_where_it_is() -> None:
    rule = one("rule a { respond 202 }")
    assert order(put(DOCUMENT, "rule", "a", rule, Beside("a", "after")).document) == order(DOCUMENT)


def test_removing_leaves_the_rest() -> None:
    assert order(remove(DOCUMENT, "group", "g").document) == ["inside", "u", "a", "b"]
    left = get(remove(DOCUMENT, "rule", "g/x").document, "group", "g")
    assert left is not None
    assert [member.name for member in left.members if isinstance(member, Rule)] == ["y"]  # type: ignore[union-attr]
