"""Who may pass: ``require``, ``allow ip``, ``deny ip``."""

from __future__ import annotations

from typing import get_args

from weir.models.rule_clauses import AllowIp, DenyIp, Require
from weir.models.values import AuthMethod, Requirement
from weir.rules.cursor import Cursor, alternatives
from weir.rules.lexer import quote
from weir.rules.syntax import RULE, Syntax

METHODS: frozenset[str] = frozenset(get_args(AuthMethod))

OPTIONS: dict[str, frozenset[str]] = {
    "key": frozenset({"header", "query", "keep", "scope", "tag"}),
    "token": frozenset({"scope", "audience", "issuer", "keep", "tag"}),
    "basic": frozenset({"realm", "keep", "scope", "tag"}),
    "hmac": frozenset({"realm", "scope", "tag"}),
    "mtls": frozenset({"ca"}),
    "forward": frozenset({"url"}),
    "anonymous": frozenset(),
}
"""What may stand in the parentheses of each method."""


def _read_require(cursor: Cursor) -> Require:
    if cursor.accept_word("none"):
        return Require()
    any_of = [_read_requirement(cursor)]
    while cursor.joined_by("or"):
        any_of.append(_read_requirement(cursor))
    return Require(any_of=tuple(any_of))


def _read_requirement(cursor: Cursor) -> Requirement:
    token = cursor.token
    method = cursor.one_of(METHODS | {"none"}, "key, token, basic, hmac, mtls, forward, anonymous or none")
    if method == "none":
        raise cursor.wrong(token, '"none" stands alone', "a method")
    options: dict[str, str] = {}
    if cursor.at_symbol("("):
        options = cursor.bracketed("(", ")", lambda: _read_options(cursor, method))
    return cursor.placed(token, Requirement(method, options))  # type: ignore[arg-type]  # one_of checked it


def _read_options(cursor: Cursor, method: str) -> dict[str, str]:
    options: dict[str, str] = {}
    while not cursor.at_symbol(")"):
        token = cursor.token
        if not OPTIONS[method]:
            raise cursor.wrong(token, f"{method} has no options", '")"')
        name = cursor.one_of(OPTIONS[method], f"an option of {method}: {alternatives(OPTIONS[method])}")
        if name in options:
            raise cursor.wrong(token, f'"{name}" stands twice')
        cursor.expect_symbol(":")
        options[name] = cursor.string(f"the {name}")
        cursor.skip_lines()
        if not cursor.accept_symbol(","):
            break
        cursor.skip_lines()
    return options


def _write_require(require: Require) -> str:
    return "require " + (" or ".join(map(_write_requirement, require.any_of)) or "none")


def _write_requirement(requirement: Requirement) -> str:
    options = ", ".join(f"{name}: {quote(value)}" for name, value in requirement.options.items())
    return f"{requirement.method}({options})" if options else requirement.method


def read_networks(cursor: Cursor) -> tuple[str, ...]:
    """One network or a list of them; whether each is one is checked later, with its place."""
    if cursor.at_symbol("["):
        return cursor.list_of(lambda: cursor.string("a network"))
    return (cursor.string('a network such as "10.0.0.0/8"'),)


def write_networks(networks: tuple[str, ...]) -> str:
    if len(networks) == 1:
        return quote(networks[0])
    return f"[{', '.join(map(quote, networks))}]"


def _read_allow(cursor: Cursor) -> AllowIp:
    cursor.expect_word("ip")
    return AllowIp(networks=read_networks(cursor))


def _read_deny(cursor: Cursor) -> DenyIp:
    cursor.expect_word("ip")
    return DenyIp(networks=read_networks(cursor))


SYNTAXES = (
    Syntax(
        "require",
        (Require,),
        _read_require,
        _write_require,
        RULE,
        'require METHOD[(OPTION: "…", …)] [or METHOD …]  |  require none',
        "Asks for a credential; the first that is present decides. `none` lifts what a group asks for.",
        (
            "require key",
            'require key(header: "X-Token", scope: "orders:read", tag: "partner internal")',
            'require token(issuer: "https://id.example.com", audience: "orders") or key(query: "api_key")',
            "require key or anonymous",
            "require none",
        ),
    ),
    Syntax(
        "allow",
        (AllowIp,),
        _read_allow,
        lambda allow: f"allow ip {write_networks(allow.networks)}",
        RULE,
        'allow ip "NETWORK"  |  allow ip ["NETWORK", …]',
        "Only these client addresses pass; others get 403.",
        ('allow ip ["10.0.0.0/8", "192.168.0.0/16"]',),
    ),
    Syntax(
        "deny",
        (DenyIp,),
        _read_deny,
        lambda deny: f"deny ip {write_networks(deny.networks)}",
        RULE,
        'deny ip "NETWORK"  |  deny ip ["NETWORK", …]',
        "These client addresses get 403, also where `allow ip` has them.",
        ('deny ip "203.0.113.0/24"',),
    ),
)
