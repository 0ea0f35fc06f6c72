"""OpenAPI 3.1 from the table of operations: parameters, bodies, every status and its shape. Pure.

Schemas are msgspec's own of the structs that requests are decoded by, so the document cannot say anything else than the
server does. Descriptions are the docstrings of ``weir/api``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from typing import Any

import msgspec

from admin_api.field_docs import described, structs_in
from weir.api.operation import BASE, Media, NoQuery, Operation
from weir.api.problem import MEDIA as PROBLEM
from weir.api.problem import ProblemAnswer
from weir.api.sessions import COOKIE, CSRF_HEADER

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_PATH_NAME = re.compile(r"\{([a-z_]+)\}")
_TAG = {"type": "string", "pattern": r'^("[!#-~]{0,128}"|\*)$'}
MAX_NUMBER = 2**53 - 1
"""Of a version: what every JSON reader keeps exact."""
ALWAYS = (400, 406, 414, 421, 431, 500, 503)
"""Statuses that every operation may answer."""
MEANINGS = {
    304: "Not modified: `If-None-Match` names what is there.",
    400: "What was sent cannot be understood; `errors[]` has the places.",
    401: "No credential, or a wrong or expired one.",
    403: "The role does not suffice, or a session's call does not prove where it comes from.",
    404: "There is no such thing.",
    406: "None of the media types in `Accept`.",
    409: "It exists already, or something else is in the way.",
    412: "Stale: somebody changed it after what `If-Match` names; `winner` and `difference` tell.",
    413: "The body is too large.",
    414: "The query is too long.",
    415: "The body is of another media type.",
    421: "The API is not called by this host name.",
    422: "Understood, but it cannot be so: `errors[]` has every place.",
    428: "`If-Match` or `If-None-Match: *` is missing.",
    429: "Too many wrong credentials of this address; `Retry-After` tells how long to wait.",
    431: "Too many header fields, or too long ones.",
    500: "A fault of the server; its log has the request id.",
    503: "The store is away or refuses, or the outcome of a write is unknown: then `check` and `publish_id` tell.",
}


def document(operations: Iterable[Operation]) -> Json:
    """The whole document, as JSON values."""
    rows = tuple(operations)
    bodies = {row.id: row.body for row in rows if row.body is not None}
    results = {row.id: row.result for row in rows if row.result is not None}
    shapes = [*bodies.values(), *results.values(), ProblemAnswer]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    described(components, structs_in(shapes))
    body_schemas = dict(zip(bodies, schemas, strict=False))
    result_schemas = dict(zip(results, schemas[len(bodies) :], strict=False))
    paths: dict[str, Json] = {}
    for row in rows:
        item = operation_object(row, body_schemas.get(row.id), result_schemas.get(row.id))
        paths.setdefault(BASE + row.path, {})[row.method.lower()] = item
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Weir admin API",
            "version": metadata.version("weir"),
            "description": "Changes a running gateway safely: checked, explained, audited, reversible.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(resource(row) for row in rows)],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {str(status): refused(status, schemas[-1]) for status in MEANINGS},
            "securitySchemes": security_schemes(),
        },
    }


def operation_object(row: Operation, body: Json | None, result: Json | None) -> Json:
    said: Json = {
        "operationId": row.id,
        "tags": [resource(row)],
        "summary": row.summary,
        "security": [] if row.role is None else [{"token": []}, {"session": []}],
        "parameters": [*path_parameters(row), *query_parameters(row.query), *header_parameters(row)],
        "responses": responses(row, result),
    }
    if row.role is not None:
        said["x-role"] = row.role
    if row.takes_body:
        content = {media: {"schema": body_schema(media, body)} for media in row.body_media}
        said["requestBody"] = {"required": not row.body_optional, "content": content}
    return said


def resource(row: Operation) -> str:
    return row.id.partition(".")[0]


# What is taken


def path_parameters(row: Operation) -> list[Json]:
    text = {"type": "string", "minLength": 1, "maxLength": 2048}
    number = {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER}
    return [
        {"name": name, "in": "path", "required": True, "schema": number if name == "number" else text}
        for name in _PATH_NAME.findall(row.path)
    ]


def query_parameters(query: type[msgspec.Struct]) -> list[Json]:
    if query is NoQuery:
        return []
    (reference,), components = msgspec.json.schema_components([query], ref_template=_REF)
    described(components, structs_in([query]))
    own = components[reference["$ref"].rpartition("/")[2]]
    return [
        parameter(name, schema, required=name in own.get("required", ()))
        for name, schema in own["properties"].items()
    ]


def parameter(name: str, schema: Json, *, required: bool) -> Json:
    said: Json = {"name": name, "in": "query", "required": required}
    if text := schema.get("description"):
        said["description"] = text
    said["schema"] = {key: value for key, value in schema.items() if key != "description"}
    return said


def header_parameters(row: Operation) -> list[Json]:
    names = []
    if row.precondition:
        names.append(header("If-Match", "The ETag of what you saw; 412 if it is no longer so.", _TAG))
        names.append(
            header("If-None-Match", "`*`: only create something new.", {"type": "string", "enum": ["*"]})
        )
    if "text/event-stream" in row.media:
        names.append(header("Last-Event-ID", "Where a stream that broke off goes on.", {"type": "string"}))
    if row.method != "GET" and row.role is not None:
        text = "Of a session only: what `GET /api/v1/session` tells."
        names.append(header(CSRF_HEADER, text, {"type": "string"}))
    return names


def header(name: str, text: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def body_schema(media: Media, shape: Json | None) -> Json:
    if media == "application/json":
        return shape or {}
    return {"type": "string"} if media.startswith("text/") else {"type": "string", "format": "binary"}


# What is given


def responses(row: Operation, result: Json | None) -> Json:
    said: Json = {str(row.status): success(row, result)}
    for status in statuses(row):
        said[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return said


def refused(status: int, problem: Json) -> Json:
    """One of the answers that operations share."""
    said: Json = {
        "description": MEANINGS[status],
        "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
    }
    if status >= 400:
        said["content"] = {PROBLEM: {"schema": problem}}
    return said


def statuses(row: Operation) -> list[int]:
    """Every one but success's that the operation may answer with."""
    found = {*ALWAYS, *row.refusals}
    if row.etag and row.method == "GET":
        found |= {304}
    if row.role is not None:
        found |= {401, 403, 429}
    if row.method != "GET":
        found |= {403}
    if row.takes_body:
        found |= {413, 415}
    if row.precondition:
        found |= {412, 428}
    return sorted(found)


def success(row: Operation, result: Json | None) -> Json:
    said: Json = {"description": row.summary, "headers": {"X-Request-Id": {"schema": {"type": "string"}}}}
    if row.etag:
        said["headers"]["ETag"] = {"schema": {"type": "string"}}
    content = {
        media: {"schema": body_schema(media, result)}
        for media in row.media
        if result is not None or media != "application/json"
    }
    if content:
        said["content"] = content
    return said


def security_schemes() -> Json:
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "weirt_<id>_<secret>",
            "description": "An access token: `weir up` and `weir admin bootstrap` make the first one.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": f"Of a browser. What changes something also needs `{CSRF_HEADER}`. "
            "Where the admin URL is https its name is `__Host-weir_session`.",
        },
    }
