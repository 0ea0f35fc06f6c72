"""Reading a request by its operation's row: query, body, ``Accept``, preconditions. What is not expected is refused.

Everything here raises ``Refusal``. Nothing is read beyond the operation's ``max_body``.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from admin_api.problems import Refusal, of_input
from weir.api.operation import Media, Operation
from weir.models.problem import Problem

MAX_QUERY = 8192
"""Bytes; gunicorn's own bound for a request line is lower by default."""
MAX_PARAMETERS = 64
_TAG = re.compile(r'"([\x21\x23-\x7e]{0,128})"')


def read_query(operation: Operation, raw: str) -> msgspec.Struct:
    """``raw`` is what follows the question mark, still percent-encoded."""
    lists = repeatable(operation.query)
    values: dict[str, Any] = {}
    for name, value in pairs(raw):
        if name not in operation.query.__struct_fields__:
            raise unknown_parameter(name, operation.query.__struct_fields__)
        if name in lists:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise bad_parameter(name, "is given more than once")
        else:
            values[name] = value
    try:
        return msgspec.convert(values, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise of_input(error, what="query") from error


def pairs(raw: str) -> list[tuple[str, str]]:
    if len(raw) > MAX_QUERY:
        raise Refusal(414, "query-too-long", f"The query is over {MAX_QUERY} bytes.")
    try:
        return parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise Refusal(400, "invalid-query", "The query is not UTF-8.") from error
    except ValueError as error:
        raise Refusal(400, "invalid-query", f"The query has over {MAX_PARAMETERS} parameters.") from error


def repeatable(query: type[msgspec.Struct]) -> frozenset[str]:
    """Parameters that may be given several times: those whose type is a tuple or list."""
    hints = get_type_hints(query)
    return frozenset(name for name in query.__struct_fields__ if get_origin(hints[name]) in (tuple, list))


def unknown_parameter(name: str, known: tuple[str, ...]) -> Refusal:
    near = difflib.get_close_matches(name, known, 1)
    problem = Problem(
        code="unknown-field",
        message=f"unknown query parameter `{name[:80]}`",
        path=name[:80],
        expected=", ".join(known),
        suggestion=near[0] if near else "",
    )
    return Refusal(
        400, "unknown-field", f"The query cannot be understood: {problem.text()}.", errors=[problem]
    )


def bad_parameter(name: str, why: str) -> Refusal:
    problem = Problem(code="invalid-query", message=f"`{name}` {why}", path=name)
    return Refusal(
        400, "invalid-query", f"The query cannot be understood: {problem.text()}.", errors=[problem]
    )


def read_body(operation: Operation, request: Request) -> Any:
    """Decoded; None where it is optional and not there."""
    if not operation.takes_body:
        if has_body(request):
            raise Refusal(400, "unexpected-body", "This operation takes no body.")
        return None
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refusal(415, "unsupported-media-type", "A compressed body is not accepted.")
    # One more than is allowed, so that it is seen: a body of unknown length just ends at the bound.
    request.max_content_length = operation.max_body + 1
    if not has_body(request):
        return missing_body(operation)
    media = media_of(operation, request)
    if media == "application/octet-stream":
        return IncomingBody(operation, request)
    data = IncomingBody(operation, request).read()
    if not data:
        return missing_body(operation)
    return text_of(data) if media == "text/plain" else decoded(operation, data)


def has_body(request: Request) -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def missing_body(operation: Operation) -> None:
    if not operation.body_optional:
        raise Refusal(400, "body-missing", f"A body is needed: {' or '.join(operation.body_media)}.")


def media_of(operation: Operation, request: Request) -> Media:
    """Of the body."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    for media in operation.body_media:
        if media == request.mimetype and charset in ("utf-8", "us-ascii"):
            return media
    raise Refusal(
        415,
        "unsupported-media-type",
        f"Content-Type is {request.headers.get('Content-Type', 'missing')[:80]}; "
        f"this operation takes {' or '.join(operation.body_media)}, in UTF-8.",
    )


class IncomingBody:
    """A body that is read in pieces, as an open binary file: up to the operation's bound, and with our own errors."""

    def __init__(self, operation: Operation, request: Request) -> None:
        self._operation = operation
        self._left = operation.max_body
        if (request.content_length or 0) > operation.max_body:
            raise too_long(operation)
        self._stream = request.stream

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, all that is left if it is negative; empty at the end. Raises ``Refusal``."""
        try:
            data: bytes = self._stream.read(size)
        except RequestEntityTooLarge as error:
            raise too_long(self._operation) from error
        except (ClientDisconnected, ParseException, OSError) as error:
            raise Refusal(400, "body-incomplete", "The body broke off, or its pieces are none.") from error
        self._left -= len(data)
        if self._left < 0:
            raise too_long(self._operation)
        return data


def too_long(operation: Operation) -> Refusal:
    return Refusal(413, "body-too-large", f"The body is over {operation.max_body} bytes.")


def text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, "invalid-body", f"The body is not UTF-8: byte {error.start}.") from error


def decoded(operation: Operation, data: bytes) -> Any:
    try:
        return msgspec.json.decode(data, type=operation.body)
    except msgspec.DecodeError as error:
        raise of_input(error, data) from error
    except UnicodeDecodeError as error:
        raise Refusal(400, "invalid-body", f"The body is not UTF-8: byte {error.start}.") from error
    except RecursionError as error:
        raise Refusal(400, "invalid-body", "The body is nested too deeply.") from error


def chosen_media(operation: Operation, request: Request) -> Media:
    """What the client wants most of what there is."""
    if not request.headers.get("Accept"):
        return operation.media[0]
    best = request.accept_mimetypes.best_match(operation.media)
    for media in operation.media:
        if media == best:
            return media
    raise Refusal(406, "not-acceptable", f"This operation answers with {' or '.join(operation.media)}.")


def preconditions(operation: Operation, request: Request) -> tuple[str | None, bool]:
    """``If-Match`` without quotes, and whether ``If-None-Match: *`` was sent."""
    if_match = tag_of(request.headers.get("If-Match"))
    creates = operation.method != "GET" and request.headers.get("If-None-Match", "").strip() == "*"
    if operation.precondition and if_match is None and not creates:
        raise Refusal(
            428,
            "precondition-required",
            "Send If-Match with the ETag of what you saw, or If-None-Match: * to create something new.",
            title="Precondition Required",
        )
    return if_match, creates


def tag_of(field: str | None) -> str | None:
    """One strong entity tag or ``*``: a weak one cannot protect a write, and several would not say what was seen."""
    if field is None:
        return None
    if field.strip() == "*":
        return "*"
    if match := _TAG.fullmatch(field.strip()):
        return match[1]
    raise Refusal(400, "invalid-header", 'If-Match takes one strong entity tag, such as "12-0f3a99c1", or *.')


def already_has(request: Request, etag: str) -> bool:
    """Whether ``If-None-Match`` names it (RFC 9110 §13.1.2, weak comparison)."""
    return bool(etag) and request.if_none_match.contains_weak(etag)
