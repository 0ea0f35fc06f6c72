"""What is changed on the way: the path, header fields, and the Host that the upstream gets."""

from __future__ import annotations

from weir.models.rule_clauses import EditHeader, Host, ReplacePrefix, RewritePath, StripPrefix
from weir.models.values import Secret
from weir.rules.cursor import Cursor
from weir.rules.lexer import quote
from weir.rules.syntax import EVERYWHERE, RULE, Syntax


def _read_strip(cursor: Cursor) -> StripPrefix:
    cursor.expect_word("prefix")
    return StripPrefix(prefix=cursor.string("the prefix"))


def _read_replace(cursor: Cursor) -> ReplacePrefix:
    cursor.expect_word("prefix")
    prefix = cursor.string("the prefix")
    cursor.expect_word("with")
    return ReplacePrefix(prefix=prefix, replacement=cursor.string("the new prefix"))


def _read_rewrite(cursor: Cursor) -> RewritePath:
    cursor.expect_word("path")
    return RewritePath(path=cursor.string("the new path"))


def _read_edit(cursor: Cursor, action: str) -> EditHeader:
    side = cursor.one_of(("request", "response"))
    cursor.expect_word("header")
    name = cursor.string("the name of the header")
    if action == "remove":
        return EditHeader(action="remove", side=side, name=name)  # type: ignore[arg-type]  # one_of checked it
    cursor.expect_symbol("=")
    return EditHeader(action=action, side=side, name=name, value=_read_value(cursor))  # type: ignore[arg-type]


def _read_value(cursor: Cursor) -> str | Secret:
    if not cursor.at_word("secret"):
        return cursor.string("a value")
    cursor.take()
    cursor.expect_symbol("(")
    secret = Secret(cursor.string("the name of the secret"))
    cursor.expect_symbol(")")
    return secret


def _write_edit(edit: EditHeader) -> str:
    head = f"{edit.action} {edit.side} header {quote(edit.name)}"
    if edit.value is None:
        return head
    value = f"secret({quote(edit.value.name)})" if isinstance(edit.value, Secret) else quote(edit.value)
    return f"{head} = {value}"


def _read_host(cursor: Cursor) -> Host:
    if cursor.at("string"):
        return Host(mode="fixed", name=cursor.take().text)
    mode = cursor.one_of(("preserve", "upstream"), "preserve, upstream or a name in double quotes")
    return Host(mode=mode)  # type: ignore[arg-type]  # one_of checked it


def _write_host(host: Host) -> str:
    return f"host {quote(host.name) if host.mode == 'fixed' else host.mode}"


def _edit(action: str, meaning: str, examples: tuple[str, ...]) -> Syntax:
    value = "" if action == "remove" else ' = "VALUE"|secret("NAME")'
    form = f'{action} request|response header "NAME"{value}'
    return Syntax(
        action,
        (EditHeader,),
        lambda cursor: _read_edit(cursor, action),
        _write_edit,
        RULE,
        form,
        meaning,
        examples,
    )


SYNTAXES = (
    Syntax(
        "strip",
        (StripPrefix,),
        _read_strip,
        lambda strip: f"strip prefix {quote(strip.prefix)}",
        RULE,
        'strip prefix "PREFIX"',
        "Takes whole segments off the front of the path; a path without them stays as it is.",
        ('strip prefix "/api/v1"',),
    ),
    Syntax(
        "replace",
        (ReplacePrefix,),
        _read_replace,
        lambda replace: f"replace prefix {quote(replace.prefix)} with {quote(replace.replacement)}",
        RULE,
        'replace prefix "PREFIX" with "PREFIX"',
        "Puts other segments in place of the first ones.",
        ('replace prefix "/old" with "/new"',),
    ),
    Syntax(
        "rewrite",
        (RewritePath,),
        _read_rewrite,
        lambda rewrite: f"rewrite path {quote(rewrite.path)}",
        RULE,
        'rewrite path "TEMPLATE"',
        "Replaces the whole path; the query stays.",
        ('rewrite path "/posts/{rest}"',),
    ),
    _edit(
        "set",
        "Sets a header field, in place of any that the message has; the value is a template.",
        (
            'set request header "X-User" = "{id}"',
            'set request header "Authorization" = secret("orders-token")',
        ),
    ),
    _edit(
        "add",
        "Adds a header field beside those that the message has.",
        ('add response header "Vary" = "Accept"',),
    ),
    _edit("remove", "Removes every field of that name.", ('remove response header "Server"',)),
    Syntax(
        "host",
        (Host,),
        _read_host,
        _write_host,
        EVERYWHERE,
        'host preserve|upstream|"NAME"',
        "What the upstream gets as Host: the client's (the default), the target's own, or a fixed name.",
        ("host upstream", 'host "orders.internal"'),
    ),
)
