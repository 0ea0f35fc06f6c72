"""Document ⇄ JSON, the machine form; and its schema. Unknown fields and kinds are refused with their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from weir.models.condition import And, Condition, Not, Or
from weir.models.document import LANGUAGE, Define, Definition, Document
from weir.models.problem import Problem, Refused
from weir.models.rule_clauses import When
from weir.rules.bounds import MAX_DEPTH, MAX_TEXT
from weir.rules.outline import blocks_of

SCHEMA_ID = f"urn:weir:document:{LANGUAGE}"

_PLACE = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)


class _Written(msgspec.Struct, omit_defaults=True):
    """A document whose language is always said, so that a later program does not take it for its own."""

    language: int
    definitions: tuple[Definition, ...] = ()
    comments: tuple[str, ...] = ()
    comments_end: tuple[str, ...] = ()


def to_json(document: Document) -> bytes:
    return msgspec.json.encode(
        _Written(document.language, document.definitions, document.comments, document.comments_end)
    )


def from_json(data: bytes) -> Document:
    """Raises ``Refused`` for what is not a document; what it says is checked elsewhere."""
    if len(data) > MAX_TEXT:
        raise Refused([Problem("too-large", f"{len(data)} bytes", expected=f"at most {MAX_TEXT}")])
    document = _decoded(data)
    check_depth(document)
    return document


def check_depth(document: Document) -> None:
    """Raises ``Refused`` for a condition that nothing else may walk; for documents that were decoded elsewhere."""
    for condition, path in _conditions(document):
        if _is_deep(condition):
            message = "the condition is nested too deeply"
            raise Refused([Problem("too-deep", message, path=path, expected=f"at most {MAX_DEPTH} levels")])


def _decoded(data: bytes) -> Document:
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        message, path = (match["message"], match["path"] or "") if match else (str(error), "")
        raise Refused([Problem("invalid", message, path=path)]) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused([Problem("not-json", f"not a JSON document: {error}")]) from None


def _conditions(document: Document) -> Iterator[tuple[Condition, str]]:
    for index, definition in enumerate(document.definitions):
        if isinstance(definition, Define):
            yield definition.condition, f"definitions[{index}].condition"
    for _, clauses, path in blocks_of(document):
        yield from ((clause.condition, path) for clause in clauses if isinstance(clause, When))


def _is_deep(condition: Condition) -> bool:
    """Looks level by level: what walks conditions elsewhere calls itself and relies on this bound."""
    level: list[Condition] = [condition]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, And | Or):
        return condition.terms
    return (condition.term,) if isinstance(condition, Not) else ()


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the JSON form."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": f"Weir document, language {LANGUAGE}",
        **msgspec.json.schema(Document),
    }
