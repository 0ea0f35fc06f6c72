"""The reference page of the admin API, made from the OpenAPI document: ``python -m admin_api.page``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from admin_api.field_docs import structs_in
from admin_api.openapi import document
from weir.api.operation import BASE, Operation
from weir.api.operations import OPERATIONS
from weir.api.problem import ProblemAnswer

HEAD = """\
# Reference of the admin API

Made by `make docs` from the code; a running API gives the same as OpenAPI 3.1 at `/api/v1/openapi.json`. For an
introduction see [the admin API](admin-api.md). Paths are below `/api/v1`. Every operation may also answer 400, 401,
403, 406, 414, 421, 429, 431 and 503; other statuses are listed.
"""
_COMMON = frozenset({"304", "400", "401", "403", "406", "414", "421", "429", "431", "500", "503"})


def page(operations: Sequence[Operation] = OPERATIONS) -> str:
    return "\n".join(_lines(operations)) + "\n"


def _lines(operations: Sequence[Operation]) -> Iterator[str]:
    whole = document(operations)
    yield HEAD.rstrip()
    resource = ""
    for row in operations:
        if row.id.partition(".")[0] != resource:
            resource = row.id.partition(".")[0]
            yield from ("", f"## {resource}")
        yield from _operation(row, whole["paths"][BASE + row.path][row.method.lower()])
    yield from ("", "## Shapes")
    for name in sorted(_own_shapes(operations)):
        yield from _shape(name, whole["components"]["schemas"].get(name, {}))


def _operation(row: Operation, said: Mapping[str, Any]) -> Iterator[str]:
    role = f"role {row.role}" if row.role else "for everybody"
    yield from ("", f"### {row.id}", "", f"`{row.method} {row.path}` · {role}", "", row.summary)
    facts = list(_facts(row, said))
    if facts:
        yield from ("", *(f"* {fact}" for fact in facts))
    parameters = [each for each in said["parameters"] if each["in"] == "query"]
    if parameters:
        yield from ("", "| query | what | default |", "|---|---|---|")
        for each in parameters:
            yield _row(each["name"], each["schema"], each.get("description", ""))


def _facts(row: Operation, said: Mapping[str, Any]) -> Iterator[str]:
    if row.takes_body:
        taken = [
            _media(media, content["schema"]) for media, content in said["requestBody"]["content"].items()
        ]
        yield f"takes {' or '.join(taken)}{' (may be left out)' if row.body_optional else ''}"
    if row.precondition:
        yield "needs `If-Match`, or `If-None-Match: *` for something new"
    success = said["responses"][str(row.status)]
    given = [_media(media, content["schema"]) for media, content in success.get("content", {}).items()]
    yield f"answers {row.status}{' with ' + ' or '.join(given) if given else ''}{', and an `ETag`' if row.etag else ''}"
    others = sorted(said["responses"].keys() - _COMMON - {str(row.status), "413", "415"})
    if others:
        yield f"may refuse with {', '.join(others)}"


def _media(media: str, schema: Mapping[str, Any]) -> str:
    return _type(schema) if media == "application/json" else f"`{media}`"


def _shape(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if "properties" not in schema:
        return
    yield from ("", f"### {name}")
    if text := schema.get("description"):
        yield from ("", " ".join(str(text).split()).replace("``", "`"))
    yield from ("", "| field | what | default |", "|---|---|---|")
    for field, inner in schema["properties"].items():
        yield _row(field, inner, inner.get("description", ""))


def _row(name: str, schema: Mapping[str, Any], text: str) -> str:
    default = schema.get("default")
    is_plain = isinstance(default, str | int | float) and default != ""
    shown = f"`{str(default).lower() if isinstance(default, bool) else default}`" if is_plain else ""
    what = ". ".join(part for part in (_type(schema), text) if part)
    return f"| `{name}` | {what.replace('|', chr(92) + '|')} | {shown} |"


def _type(schema: Mapping[str, Any]) -> str:
    """A few words for a schema."""
    match schema:
        case {"$ref": str(reference)}:
            return f"`{reference.rpartition('/')[2]}`"
        case {"enum": list(values)}:
            return ", ".join(f"`{value}`" for value in values)
        case {"anyOf": list(choices)}:
            return " or ".join(dict.fromkeys(_type(choice) for choice in choices))
        case {"type": "array"}:
            items: dict[str, Any] = schema.get("items") or next(iter(schema.get("prefixItems", [])), {})
            return f"list of {_type(items) if items else 'values'}"
        case {"type": "object", "additionalProperties": dict(inner)}:
            return f"object of {_type(inner)}"
        case {"type": str(kind)}:
            return kind + _bounds(schema)
    return "any JSON"


def _bounds(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" {schema['minimum']} to {schema['maximum']}"
    return f", at most {schema['maxLength']} characters" if "maxLength" in schema else ""


def _own_shapes(operations: Iterable[Operation]) -> set[str]:
    """Of this API; the rule language has a schema and a reference of its own."""
    shapes = [shape for row in operations for shape in (row.body, row.result)]
    return {
        struct.__name__
        for struct in structs_in([*shapes, ProblemAnswer])
        if struct.__module__.startswith("weir.api.") or struct.__name__ == "Problem"
    }


if __name__ == "__main__":
    sys.stdout.write(page())
