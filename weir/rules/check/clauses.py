"""Checks of one clause by itself; ``issues_of`` finds the right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from weir.models.default_clauses import TrustedProxies
from weir.models.node import Clause
from weir.models.rule_clauses import (
    AllowIp,
    Cors,
    DenyIp,
    EditHeader,
    Host,
    InlineLimit,
    MaxSize,
    Mirror,
    Proxy,
    ProxyByPath,
    Redirect,
    ReplacePrefix,
    Require,
    Respond,
    Retry,
    RewritePath,
    StripPrefix,
    Timeout,
)
from weir.models.upstream_clauses import Check, Sticky, Target
from weir.models.values import Destination, Rate, Secret
from weir.rules.check import values
from weir.rules.check.findings import Issue
from weir.rules.clauses.access import OPTIONS
from weir.rules.clauses.actions import REDIRECTS

Issues = Iterator[Issue | None]

MAX_DURATION_MS = 366 * 86_400_000
NO_BODY = frozenset({204, 205, 304})


def issues_of(clause: Clause, captures: frozenset[str]) -> Iterator[Issue]:
    """``captures`` are the names that templates may use."""
    templated = _TEMPLATED.get(type(clause))
    plain = _PLAIN.get(type(clause))
    yield from filter(
        None, chain(templated(clause, captures) if templated else (), plain(clause) if plain else ())
    )
    yield from _durations(clause)


def rate_issues(rate: Rate) -> Iterator[Issue]:
    if bool(rate.per_ms) == rate.per_month:
        yield Issue("bad-rate", "a limit counts per time or per month", "such as 100 per 1m")
    if rate.burst is not None and rate.window != "smooth":
        yield Issue("bad-rate", "burst belongs to a smooth limit", "smooth burst N")
    if rate.per_month and rate.window == "smooth":
        yield Issue("bad-rate", "a smooth limit needs a time such as 30d, not a month")
    if rate.cost > rate.count:
        yield Issue("bad-rate", f"a request costs {rate.cost}, more than the whole limit of {rate.count}")


def _durations(clause: Clause) -> Iterator[Issue]:
    for name in clause.__struct_fields__:
        value = getattr(clause, name)
        if name.endswith("_ms") and value is not None and not 1 <= value <= MAX_DURATION_MS:
            yield Issue("bad-duration", "a duration out of range", "1ms to 366d")


def _proxy(proxy: Proxy) -> Issues:
    return _destinations(proxy.to)


def _by_path(proxy: ProxyByPath) -> Issues:
    if not proxy.lines:
        yield Issue("empty-block", "proxy by path without a line", '"/prefix" -> upstream')
    for line in proxy.lines:
        yield values.path(line.prefix)
        yield from _destinations(line.to)
    for prefix, count in Counter(line.prefix for line in proxy.lines).items():
        if count > 1:
            yield Issue("duplicate", f'the prefix "{prefix}" stands {count} times')


def _destinations(to: tuple[Destination, ...]) -> Issues:
    if not any(destination.weight for destination in to):
        yield Issue("no-weight", "all weights are 0, so nothing could be sent", "at least one weight above 0")
    if any(destination.weight < 0 for destination in to):
        yield Issue("bad-weight", "a weight below 0")


def _redirect(redirect: Redirect, captures: frozenset[str]) -> Issues:
    if redirect.status not in REDIRECTS:
        yield Issue("bad-status", f"{redirect.status} is no redirect", "301, 302, 303, 307 or 308")
    if not redirect.location:
        yield Issue("empty", "where to is empty")
    yield values.header_value(redirect.location)
    yield values.template(redirect.location, captures)


def _respond(respond: Respond) -> Issues:
    if not 200 <= respond.status <= 599:
        yield Issue("bad-status", f"{respond.status} cannot be answered", "200 to 599")
    if respond.status in NO_BODY and respond.body:
        yield Issue("no-body", f"an answer {respond.status} has no body")
    yield values.media_type(respond.content_type)


def _mirror(mirror: Mirror) -> Issues:
    if not 0 <= mirror.percent <= 100:
        yield Issue("bad-percent", f"{mirror.percent} percent", "0% to 100%")


def _require(require: Require) -> Issues:
    for requirement in require.any_of:
        for option in requirement.options.keys() - OPTIONS[requirement.method]:
            yield Issue("bad-option", f"{requirement.method} has no option {option}")
        if requirement.method == "forward" and "url" not in requirement.options:
            yield Issue("bad-option", "forward needs to know where to ask", 'forward(url: "http://…")')


def _networks(clause: AllowIp | DenyIp | TrustedProxies) -> Issues:
    yield values.networks(clause.networks)


def _cors(cors: Cors) -> Issues:
    if not cors.origins:
        yield Issue("empty-block", "cors without origins", 'origins ["https://app.example.com"]')
    if cors.credentials and "*" in cors.origins:
        yield Issue("cors-credentials", 'credentials are never sent to origin "*"', "named origins")
    for name in chain(cors.headers, cors.expose):
        yield values.header_name(name) if name != "*" else None
    for method in cors.methods:
        yield values.method(method) if method != "*" else None


def _prefix(clause: StripPrefix | ReplacePrefix) -> Issues:
    yield values.path(clause.prefix)
    if isinstance(clause, ReplacePrefix):
        yield values.path(clause.replacement)


def _rewrite(rewrite: RewritePath, captures: frozenset[str]) -> Issues:
    yield values.path(rewrite.path)
    yield values.header_value(rewrite.path)
    yield values.template(rewrite.path, captures)


def _edit(edit: EditHeader, captures: frozenset[str]) -> Issues:
    yield values.editable_header(edit.name)
    if (edit.value is None) != (edit.action == "remove"):
        yield Issue("bad-value", f"{edit.action} has {'no' if edit.action == 'remove' else 'a'} value")
    if isinstance(edit.value, str):
        yield values.header_value(edit.value)
        yield values.template(edit.value, captures)
    if isinstance(edit.value, Secret) and not edit.value.name:
        yield Issue("empty", "the secret has no name")


def _host(host: Host) -> Issues:
    if host.mode == "fixed":
        issue = values.target_url(f"http://{host.name}")
        yield (
            Issue("bad-host", f'"{host.name}" is not a host', "a name, with or without a port")
            if issue
            else None
        )


def _timeout(timeout: Timeout) -> Issues:
    if timeout == type(timeout)(comments=timeout.comments, comment_beside=timeout.comment_beside):
        yield Issue("empty", "timeout without a part", "connect, try, total or idle")


def _max(size: MaxSize) -> Issues:
    least, most = (1024, 1024**2) if size.part == "head" else (0, 1024**4)
    if not least <= size.bytes <= most:
        yield Issue("bad-size", f"max {size.part} of {size.bytes} bytes", f"{least} to {most}")


def _retry(retry: Retry) -> Issues:
    if bool(retry.count) != bool(retry.on):
        yield Issue("bad-retry", "retry says how often and on what", "such as retry 1 on connect, 503")


def _target(target: Target) -> Issues:
    yield values.target_url(target.url)
    if target.weight < 0:
        yield Issue("bad-weight", "a weight below 0")


def _check(check: Check) -> Issues:
    yield values.path(check.path)
    yield values.method(check.method)


def _sticky(sticky: Sticky) -> Issues:
    yield values.header_name(sticky.cookie)


_PLAIN: Mapping[type, Callable[[Any], Issues]] = {
    Proxy: _proxy,
    ProxyByPath: _by_path,
    Respond: _respond,
    Mirror: _mirror,
    Require: _require,
    AllowIp: _networks,
    DenyIp: _networks,
    TrustedProxies: _networks,
    Cors: _cors,
    StripPrefix: _prefix,
    ReplacePrefix: _prefix,
    Host: _host,
    Timeout: _timeout,
    MaxSize: _max,
    Retry: _retry,
    InlineLimit: lambda limit: rate_issues(limit.rate),
    Target: _target,
    Check: _check,
    Sticky: _sticky,
}

_TEMPLATED: Mapping[type, Callable[[Any, frozenset[str]], Issues]] = {
    Redirect: _redirect,
    RewritePath: _rewrite,
    EditHeader: _edit,
}
