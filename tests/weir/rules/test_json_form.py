"""Document ⇄ JSON, and the schema of the JSON form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.documents import definitions, documents, moderate
from weir.models.document import LANGUAGE, Definition, Document, Rule
from weir.models.problem import Refused
from weir.rules.check.document import check
from weir.rules.clauses.table import SYNTAXES
from weir.rules.json_form import SCHEMA_ID, from_json, schema, to_json
from weir.rules.parser import parse
from weir.rules.printer import print_document


@moderate
@given(documents)
def test_every_document_reads_back_from_json(document: Document) -> None:
    assert from_json(to_json(document)) == document


def test_the_language_is_always_said() -> None:
    assert to_json(Document()) == b'{"language":1}'
    rule = Document(definitions=(Rule(name="a"),), comments=("b",))
    assert to_json(rule) == b'{"language":1,"definitions":[{"kind":"rule","name":"a"}],"comments":["b"]}'
    assert from_json(b"{}") == Document()


@pytest.mark.parametrize(
    ("data", "code", "path", "message"),
    [
        (b"", "not-json", "", "truncated"),
        (b"{", "not-json", "", "truncated"),
        (b"{} {}", "not-json", "", "trailing"),
        (b'{"comments":["\xff"]}', "not-json", "", "utf-8"),
        (b'{"comments":["\\ud800"]}', "not-json", "", ""),
        (b"\xef\xbb\xbf{}", "not-json", "", "invalid character"),
        (b"[]", "invalid", "", "Expected `object`, got `array`"),
        (b'{"language":"1"}', "invalid", "language", "Expected `int`, got `str`"),
        (b'{"langage":1}', "invalid", "", "unknown field `langage`"),
        (b'{"definitions":[{"kind":"rule"}]}', "invalid", "definitions[0]", "missing required field `name`"),
        (b'{"definitions":[{"kind":"rul"}]}', "invalid", "definitions[0].kind", "Invalid value 'rul'"),
        (b'{"definitions":[{"name":"a"}]}', "invalid", "definitions[0]", "missing required field `kind`"),
        (
            b'{"definitions":[{"kind":"rule","name":"a","clauses":[{"kind":"log","on":1}]}]}',
            "invalid",
            "definitions[0].clauses[0].on",
            "Expected `bool`, got `int`",
        ),
        (
            b'{"definitions":[{"kind":"rule","name":"a","clauses":[{"kind":"log","on":true,"off":true}]}]}',
            "invalid",
            "definitions[0].clauses[0]",
            "unknown field `off`",
        ),
        (
            b'{"definitions":[{"kind":"rule","name":"a","clauses":[{"kind":"target","url":"http://a"}]}]}',
            "invalid",
            "definitions[0].clauses[0].kind",
            "Invalid value 'target'",
        ),
    ],
)
def test_what_is_not_a_document_is_refused_with_its_place(
    data: bytes, code: str, path: str, message: str
) -> None:
    with pytest.raises(Refused) as refused:
        from_json(data)
    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == (code, path)
    assert re.search(re.escape(message), problem.message, re.IGNORECASE)


def test_the_schema_is_versioned_and_knows_every_kind() -> None:
    found = schema()
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["$id"] == SCHEMA_ID == f"urn:weir:document:{LANGUAGE}"
    kinds = {
        kind
        for part in found["$defs"].values()
        for kind in part.get("properties", {}).get("kind", {}).get("enum", ())
    }
    definitions = {"defaults", "define", "upstream", "limit", "group", "rule"}
    conditions = {"any", "reference", "compare", "and", "or", "not"}
    clauses = {str(kind.__struct_config__.tag) for syntax in SYNTAXES for kind in syntax.kinds}
    assert definitions | conditions | clauses | {"secret"} == kinds


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    found = schema()
    names = {reference.removeprefix("#/$defs/") for reference in _references(found)}
    assert names == found["$defs"].keys()


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        here = {part["$ref"]} if "$ref" in part else set()
        mapped = set(part.get("mapping", {}).values()) if isinstance(part.get("mapping"), dict) else set()
        return here.union(mapped, *map(_references, part.values()))
    return set().union(*map(_references, part)) if isinstance(part, list) else set()


@moderate
@given(documents)
def test_every_document_is_valid_by_the_schema(document: Document) -> None:
    found = schema()
    assert _faults(msgspec.json.decode(to_json(document)), found, found["$defs"]) == []


def test_the_reader_of_schemas_in_this_test_finds_faults() -> None:
    found = schema()
    for bad in (
        {"language": "1"},
        {"x": 1},
        {"definitions": [{"kind": "rule"}]},
        {"definitions": [{"kind": "x"}]},
    ):
        assert _faults(bad, found, found["$defs"])


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def _faults(value: Any, part: dict[str, Any], parts: dict[str, Any]) -> list[str]:
    """A reader of the words of JSON Schema that the schema uses; a word it does not know is a fault."""
    unknown = part.keys() - _WORDS
    if unknown:
        return [f"unknown words {unknown}"]
    if "$ref" in part:
        return _faults(value, parts[part["$ref"].removeprefix("#/$defs/")], parts)
    if "anyOf" in part:
        results = [_faults(value, option, parts) for option in part["anyOf"]]
        return [] if [] in results else [f"{value!r} is none of these"]
    if "enum" in part:
        return [] if value in part["enum"] else [f"{value!r} is not in {part['enum']}"]
    kind = part.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{value!r} is no {kind}"]
    if isinstance(value, list):
        return [fault for item in value for fault in _faults(item, part.get("items", {}), parts)]
    return _faults_of_object(value, part, parts) if isinstance(value, dict) else []


def _faults_of_object(value: dict[str, Any], part: dict[str, Any], parts: dict[str, Any]) -> list[str]:
    properties = part.get("properties", {})
    missing = [f"{name} is missing" for name in part.get("required", ()) if name not in value]
    more = part.get("additionalProperties", True)
    faults = [f"unknown {name}" for name in value.keys() - properties.keys() if more is False]
    inner = [
        fault
        for name, item in value.items()
        for fault in _faults(item, properties.get(name, more if isinstance(more, dict) else {}), parts)
    ]
    return missing + faults + inner


_WORDS = {
    *("$ref", "$defs", "$schema", "$id", "anyOf", "enum", "type", "items", "properties", "required"),
    *("additionalProperties", "title", "description", "default", "discriminator"),
}


SAME_KIND_BUT_ODD: tuple[Any, ...] = (
    *(
        "",
        "a",
        "a b",
        "by",
        "any",
        '"',
        "\n",
        "a\n",
        " ",
        "http://a",
        "/a",
        "get",
        "hash",
        "header",
        "#",
        "}",
    ),
    *(0, 1, -1, 99, 600, 2**53, 2**70, 0.00001, 33.33333, 100.5, True, False),
)
SAID_IN_TEXT_TOO = {
    *("not-built", "no-action", "empty-block", "no-target", "no-weight", "duplicate", "unused", "misplaced"),
    *("by-consumer", "unknown-name", "bad-template", "no-body", "cors-credentials", "cycle"),
}
"""Findings that do not keep a document from being printed and read again."""


def _leaves(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every place that holds a single value."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        if isinstance(value, (dict, list)):
            yield from _leaves(value)
        else:
            yield part, key


def _with_all_names(definitions: list[Any]) -> list[Any]:
    """Also the upstreams, limits and defines that are used."""
    text = json.dumps(definitions)
    upstreams = {json.loads(f'"{name}"') for name in re.findall(r'"to": "((?:[^"\\]|\\.)*)"', text)}
    limits = {
        json.loads(f'"{name}"') for name in re.findall(r'"use limit", "name": "((?:[^"\\]|\\.)*)"', text)
    }
    defines = {
        json.loads(f'"{name}"') for name in re.findall(r'"reference", "name": "((?:[^"\\]|\\.)*)"', text)
    }
    return [
        *definitions,
        *(
            {"kind": "upstream", "name": name, "clauses": [{"kind": "target", "url": "http://a"}]}
            for name in upstreams
        ),
        *({"kind": "limit", "name": name, "rates": [{"rate": {"count": 5, "per_ms": 5}}]} for name in limits),
        *({"kind": "define", "name": name, "condition": {"kind": "any"}} for name in defines),
    ]


@settings(parent=moderate, max_examples=150)
@given(definitions, st.data())
def test_what_passes_the_check_can_be_said_in_text(definition: Definition, data: st.DataObject) -> None:
    found = msgspec.json.decode(to_json(Document(definitions=(definition,))))["definitions"]
    part, key = data.draw(st.sampled_from(list(_leaves(found))))
    odd = [value for value in SAME_KIND_BUT_ODD if type(value) is type(part[key])]
    part[key] = data.draw(st.sampled_from(odd or [part[key]]))
    try:
        document = from_json(json.dumps({"definitions": _with_all_names(found)}).encode())
    except Refused:
        return
    if {problem.code for problem in check(document)} <= SAID_IN_TEXT_TOO:
        assert parse(print_document(document)).document == document
