"""What happens with a request: ``proxy``, ``redirect``, ``respond``; and ``mirror`` beside it."""

from __future__ import annotations

from weir.models.rule_clauses import Mirror, PathLine, Proxy, ProxyByPath, Redirect, Respond
from weir.models.values import Destination
from weir.rules.blocks import read_block
from weir.rules.cursor import Cursor
from weir.rules.lexer import quote
from weir.rules.names import write_destination
from weir.rules.syntax import RULE, Braces, Syntax
from weir.rules.units import print_percent

MAX_WEIGHT = 1_000_000
DEFAULT_REDIRECT = 302
REDIRECTS = frozenset({301, 302, 303, 307, 308})


def read_destination(cursor: Cursor) -> str:
    """An upstream's name or a URL."""
    if cursor.at("url"):
        return cursor.take().text
    return cursor.name("the name of an upstream, or a URL such as http://orders.prod:8080")


def _read_weighted(cursor: Cursor) -> Destination:
    token = cursor.token
    to = read_destination(cursor)
    weight = cursor.integer("a weight", 0, MAX_WEIGHT) if cursor.at("number") else 1
    return cursor.placed(token, Destination(to, weight))


def _read_proxy(cursor: Cursor) -> Proxy | ProxyByPath:
    if cursor.at_word("by"):
        cursor.take()
        cursor.expect_word("path")
        body = read_block(cursor, lambda: _read_line(cursor))
        return ProxyByPath(
            lines=body.items, comment_beside=body.comment_beside, comments_end=body.comments_end
        )
    return Proxy(to=cursor.comma_separated(lambda: _read_weighted(cursor)))


def _read_line(cursor: Cursor) -> PathLine:
    prefix = cursor.string("a path prefix")
    cursor.expect_symbol("->")
    return PathLine(prefix=prefix, to=cursor.comma_separated(lambda: _read_weighted(cursor)))


def _write_proxy(proxy: Proxy | ProxyByPath) -> str | Braces:
    if isinstance(proxy, ProxyByPath):
        return Braces("proxy by path", proxy.lines)
    return f"proxy {_write_weighted(proxy.to)}"


def write_path_line(line: PathLine) -> str:
    return f"{quote(line.prefix)} -> {_write_weighted(line.to)}"


def _write_weighted(destinations: tuple[Destination, ...]) -> str:
    if all(destination.weight == 1 for destination in destinations):
        return ", ".join(write_destination(destination.to) for destination in destinations)
    return ", ".join(
        f"{write_destination(destination.to)} {destination.weight}" for destination in destinations
    )


def _read_redirect(cursor: Cursor) -> Redirect:
    status = cursor.integer("a status", 300, 399) if cursor.at("number") else DEFAULT_REDIRECT
    return Redirect(status=status, location=cursor.string("where to"))


def _write_redirect(redirect: Redirect) -> str:
    return f"redirect {redirect.status} {quote(redirect.location)}"


def _read_respond(cursor: Cursor) -> Respond:
    status = cursor.integer("a status", 200, 599)
    body = cursor.string("a body") if cursor.at("string") else ""
    if cursor.accept_word("type"):
        return Respond(status=status, body=body, content_type=cursor.string("a media type"))
    return Respond(status=status, body=body)


def _write_respond(respond: Respond) -> str:
    parts = [f"respond {respond.status}"]
    if respond.body:
        parts.append(quote(respond.body))
    if respond.content_type != Respond(status=200).content_type:
        parts.append(f"type {quote(respond.content_type)}")
    return " ".join(parts)


def _read_mirror(cursor: Cursor) -> Mirror:
    percent = cursor.percent() if cursor.at("number") else 100.0
    return Mirror(percent=percent, to=read_destination(cursor))


def _write_mirror(mirror: Mirror) -> str:
    return f"mirror {print_percent(mirror.percent)} {write_destination(mirror.to)}"


SYNTAXES = (
    Syntax(
        "proxy",
        (Proxy, ProxyByPath),
        _read_proxy,
        _write_proxy,
        RULE,
        'proxy UPSTREAM|URL [WEIGHT], …  |  proxy by path { "PREFIX" -> UPSTREAM|URL [WEIGHT], …; … }',
        "Sends the request to an upstream; several share it by weight, or by the path's prefix.",
        (
            "proxy orders",
            "proxy shop-v1 95, shop-v2 5",
            "proxy http://static.web:8000",
            'proxy by path { "/orders" -> orders; "/pay" -> pay-v1 90, pay-v2 10 }',
        ),
    ),
    Syntax(
        "redirect",
        (Redirect,),
        _read_redirect,
        _write_redirect,
        RULE,
        'redirect [301|302|303|307|308] "LOCATION"',
        "Answers with a Location; a template. 302 if no status is given.",
        ('redirect 301 "https://new.example.com{uri}"',),
    ),
    Syntax(
        "respond",
        (Respond,),
        _read_respond,
        _write_respond,
        RULE,
        'respond STATUS ["BODY"] [type "MEDIA/TYPE"]',
        "Answers by itself; the body is taken literally.",
        ('respond 418 "short and stout"', 'respond 200 "{}" type "application/json"', "respond 204"),
    ),
    Syntax(
        "mirror",
        (Mirror,),
        _read_mirror,
        _write_mirror,
        RULE,
        "mirror [PERCENT%] UPSTREAM|URL",
        "Sends a copy of some requests elsewhere and ignores the answers.",
        ("mirror 1% shop-v3",),
    ),
)
