"""How a request is carried: times, sizes, retries, compression, CORS, tags, the access log."""

from __future__ import annotations

from typing import get_args

from weir.models.node import Clause
from weir.models.rule_clauses import Compress, Cors, Encoding, Log, MaxSize, Retry, RetryReason, Tag, Timeout
from weir.rules.blocks import read_block
from weir.rules.cursor import Cursor, alternatives
from weir.rules.lexer import quote
from weir.rules.names import write_name
from weir.rules.syntax import DEFAULTS, EVERYWHERE, RULE, Braces, Syntax
from weir.rules.units import print_duration, print_size

TIMEOUTS = ("connect", "try", "total", "idle")
MAX_RETRIES = 10
MAX_KEPT_BODY = 1024 * 1024
"""Bytes of a request body that a rule may have kept; a busy worker keeps thousands of them."""
RETRY_OPTIONS = ("idempotency_key", "put_timeout", "body")
REASONS: tuple[RetryReason, ...] = get_args(RetryReason)
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


def _read_timeout(cursor: Cursor) -> Timeout:
    parts: dict[str, int] = {}

    def part() -> None:
        token = cursor.token
        name = cursor.one_of(TIMEOUTS)
        if f"{name}_ms" in parts:
            raise cursor.wrong(token, f'"{name}" stands twice')
        parts[f"{name}_ms"] = cursor.duration()

    cursor.comma_separated(part)
    return Timeout(**parts)  # type: ignore[arg-type]  # by name


def _write_timeout(timeout: Timeout) -> str:
    given = [(name, value) for name in TIMEOUTS if (value := getattr(timeout, f"{name}_ms")) is not None]
    return "timeout " + ", ".join(f"{name} {print_duration(value)}" for name, value in given)


def _read_max(cursor: Cursor) -> MaxSize:
    part = cursor.one_of(("body", "head"))
    return MaxSize(part=part, bytes=cursor.size())  # type: ignore[arg-type]  # one_of checked it


def _read_retry(cursor: Cursor) -> Retry:
    if cursor.accept_word("off"):
        return Retry(count=0)
    count = cursor.integer("how many further attempts", 1, MAX_RETRIES)
    cursor.expect_word("on")
    on = cursor.comma_separated(lambda: _read_reason(cursor))
    options: dict[str, object] = {}

    def option() -> None:
        token = cursor.token
        name = cursor.one_of(RETRY_OPTIONS)
        if name in options:
            raise cursor.wrong(token, f'"{name}" stands twice')
        options[name] = cursor.size() if name == "body" else True

    if cursor.accept_word("with"):
        cursor.comma_separated(option)
    return Retry(count=count, on=on, **options)  # type: ignore[arg-type]  # by name


def _read_reason(cursor: Cursor) -> RetryReason:
    for reason in REASONS:
        if cursor.token.kind in ("number", "word") and cursor.token.text == reason:
            cursor.take()
            return reason
    raise cursor.unexpected(alternatives(REASONS), suggestions=REASONS)


def _write_retry(retry: Retry) -> str:
    if not retry.count:
        return "retry off"
    options = [name for name in RETRY_OPTIONS[:2] if getattr(retry, name)]
    if retry.body is not None:
        options.append(f"body {print_size(retry.body)}")
    return f"retry {retry.count} on {', '.join(retry.on)}" + (
        f" with {', '.join(options)}" if options else ""
    )


def _read_compress(cursor: Cursor) -> Compress:
    if cursor.accept_word("off"):
        return Compress()
    return Compress(encodings=cursor.comma_separated(lambda: cursor.one_of(ENCODINGS)))


def _read_cors(cursor: Cursor) -> Cors:
    fields: dict[str, object] = {}
    inner: list[str] = []

    def line() -> Clause:
        token = cursor.token
        name = cursor.one_of(_CORS_FIELDS)
        if name in fields:
            raise cursor.wrong(token, f'"{name}" stands twice')
        fields[name] = _read_cors_field(cursor, name)
        return Clause()

    body = read_block(cursor, line)
    for item in body.items:
        cursor.places.pop(id(item), None)
        inner += [*item.comments, *filter(None, [item.comment_beside])]
    if "max_age" in fields:
        fields["max_age_ms"] = fields.pop("max_age")
    comments_end = (*inner, *body.comments_end)
    return Cors(**fields, comment_beside=body.comment_beside, comments_end=comments_end)  # type: ignore[arg-type]


_CORS_FIELDS = ("origins", "methods", "headers", "expose", "credentials", "max_age")


def _read_cors_field(cursor: Cursor, name: str) -> object:
    if name == "credentials":
        return True
    if name == "max_age":
        return cursor.duration()
    return cursor.list_of(lambda: cursor.string("a value"))


def _write_cors(cors: Cors) -> Braces:
    lines = [
        f"{name} [{', '.join(map(quote, values))}]"
        for name in ("origins", "methods", "headers", "expose")
        if (values := getattr(cors, name))
    ]
    if cors.credentials:
        lines.append("credentials")
    if cors.max_age_ms is not None:
        lines.append(f"max_age {print_duration(cors.max_age_ms)}")
    return Braces("cors", lines)


def _read_tag(cursor: Cursor) -> Tag:
    return Tag(tags=cursor.comma_separated(lambda: cursor.name("a tag")))


def read_switch(cursor: Cursor) -> bool:
    return cursor.one_of(("on", "off")) == "on"


def write_switch(on: bool) -> str:
    return "on" if on else "off"


SYNTAXES = (
    Syntax(
        "timeout",
        (Timeout,),
        _read_timeout,
        _write_timeout,
        EVERYWHERE,
        "timeout [connect D], [try D], [total D], [idle D]",
        "Bounds on connecting, on one attempt's answer, on all attempts together, and on silent tunnels.",
        ("timeout connect 1s, try 10s, total 30s",),
    ),
    Syntax(
        "max",
        (MaxSize,),
        _read_max,
        lambda size: f"max {size.part} {print_size(size.bytes)}",
        RULE | DEFAULTS,
        "max body SIZE  |  max head SIZE",
        "Larger request bodies get 413, larger heads 431; the head is bounded in defaults only.",
        ("max body 10MiB", "max head 16KiB"),
    ),
    Syntax(
        "retry",
        (Retry,),
        _read_retry,
        _write_retry,
        EVERYWHERE,
        f"retry N on {'|'.join(REASONS)}, … [with [idempotency_key], [put_timeout], [body SIZE]]  |  retry off",
        "Further attempts at other targets, within the upstream's budget.",
        (
            "retry 2 on connect, timeout, 502, 503, 504",
            "retry 1 on connect, reset, 503 with idempotency_key, body 256KiB",
            "retry off",
        ),
    ),
    Syntax(
        "compress",
        (Compress,),
        _read_compress,
        lambda compress: f"compress {', '.join(compress.encodings) or 'off'}",
        RULE | DEFAULTS,
        "compress gzip|br|zstd, …  |  compress off",
        "Compresses answers that the client accepts in one of these encodings, in this order of preference.",
        ("compress zstd, br, gzip", "compress off"),
    ),
    Syntax(
        "cors",
        (Cors,),
        _read_cors,
        _write_cors,
        RULE,
        'cors { origins ["…"]; methods ["…"]; headers ["…"]; expose ["…"]; credentials; max_age D }',
        "Answers preflight requests and adds the CORS response fields.",
        ('cors { origins ["https://app.example.com"]; methods ["GET", "POST"]; credentials; max_age 10m }',),
    ),
    Syntax(
        "tag",
        (Tag,),
        _read_tag,
        lambda tag: f"tag {', '.join(map(write_name, tag.tags))}",
        RULE,
        "tag NAME, …",
        "Words to find the rule by, in the log and in lists.",
        ("tag billing, eu",),
    ),
    Syntax(
        "log",
        (Log,),
        lambda cursor: Log(on=read_switch(cursor)),
        lambda log: f"log {write_switch(log.on)}",
        RULE | DEFAULTS,
        "log on|off",
        "Whether requests of the rule go to the access log; metrics count them all the same.",
        ("log off",),
    ),
)
