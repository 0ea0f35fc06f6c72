"""Checks of ``require``: its alternatives together, and what stands in the parentheses of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from weir.models.auth.issuer_urls import problem_of
from weir.models.rule_clauses import Require
from weir.models.values import Requirement
from weir.rules.check import values
from weir.rules.check.findings import Issue
from weir.rules.clauses.access import OPTIONS

Found = Iterator[Issue | None]

MAX_OPTION = 1024
"""Characters of one."""
_SCOPE = re.compile(r"[!#-\[\]-~]{1,64}")
"""RFC 6749 §3.3."""
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_PARAMETER = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_QUOTED = re.compile(r"[ !#-\[\]-~]{1,128}")
"""What stands in a quoted string without escapes (RFC 9110 §5.6.4)."""
_NEVER_A_KEY = frozenset(
    {
        "authorization",
        "accept",
        "content-type",
        "cookie",
        "date",
        "expect",
        "forwarded",
        "origin",
        "proxy-authorization",
        "traceparent",
        "tracestate",
        "via",
    }
)
_OWN_FIELDS = ("x-weir-", "x-forwarded-", "x-real-ip", "x-request-id", "x-original-url", "x-rewrite-url")


def require_issues(require: Require) -> Found:
    methods = [each.method for each in require.any_of]
    for method in {each for each in methods if methods.count(each) > 1}:
        yield Issue(
            "bad-require", f"{method} stands twice, and the first of them decides", "each method once"
        )
    if "anonymous" in methods[:-1]:
        yield Issue("bad-require", "what stands behind anonymous is never asked for", "anonymous as the last")
    if methods == ["anonymous"]:
        yield Issue("bad-require", "anonymous alone asks for nothing", "require none")
    for requirement in require.any_of:
        yield from _requirement(requirement)


def _requirement(requirement: Requirement) -> Found:
    method, options = requirement.method, requirement.options
    for option in options.keys() - OPTIONS[method]:
        yield Issue("bad-option", f"{method} has no option {option}")
    for option, value in options.items():
        yield values.too_long(value)
        if len(value) > MAX_OPTION:
            yield Issue(
                "too-large", f"{option} of {len(value)} characters", f"at most {MAX_OPTION} characters"
            )
        elif option in _CHECKS:
            yield _CHECKS[option](value)
    if method == "forward" and "url" not in options:
        yield Issue("bad-option", "forward needs to know where to ask", 'forward(url: "http://…")')
    if "issuer" in options and "audience" not in options:
        message = "without an audience a token that was made for anybody would pass"
        yield Issue("bad-option", message, 'token(issuer: "…", audience: "…")')


def _keep(value: str) -> Issue | None:
    return None if value in ("yes", "no") else Issue("bad-option", f'keep is "{value}"', '"yes" or "no"')


def _header(value: str) -> Issue | None:
    lower = value.lower().replace("_", "-")
    if lower == "authorization":
        return Issue("bad-option", "a key in Authorization: Bearer is always looked for", "another header")
    if lower in _NEVER_A_KEY or lower.startswith(_OWN_FIELDS):
        return Issue("bad-option", f'"{value}" says something else and cannot carry a key', "another header")
    return values.editable_header(value)


def _query(value: str) -> Issue | None:
    if _PARAMETER.fullmatch(value):
        return None
    return Issue("bad-option", f'"{value}" is not the name of a query parameter', "letters, digits, - . _ ~")


def _words(what: str, form: re.Pattern[str]) -> Callable[[str], Issue | None]:
    def check(value: str) -> Issue | None:
        words = value.split(" ")
        if all(form.fullmatch(word) for word in words):
            return None
        return Issue("bad-option", f'"{value}" is no {what}', f"one {what}, or several with a space between")

    return check


def _realm(value: str) -> Issue | None:
    if _QUOTED.fullmatch(value):
        return None
    return Issue("bad-option", "a realm that cannot stand in a header", "printable ASCII without quotes")


def _audience(value: str) -> Issue | None:
    if value and value.isprintable():
        return None
    return Issue("bad-option", "an audience that cannot be one", "what the tokens have in aud")


def _issuer(value: str) -> Issue | None:
    problem = problem_of(value)
    if not problem:
        return None
    return Issue(
        "bad-option", f"an issuer that cannot be one: {problem}", "such as https://id.example.com/realms/a"
    )


_CHECKS: Mapping[str, Callable[[str], Issue | None]] = MappingProxyType(
    {
        "keep": _keep,
        "header": _header,
        "query": _query,
        "scope": _words("scope", _SCOPE),
        "tag": _words("tag", _TAG),
        "realm": _realm,
        "audience": _audience,
        "issuer": _issuer,
    }
)
