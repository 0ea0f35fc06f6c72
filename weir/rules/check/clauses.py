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
    Priority,
    Proxy,
    ProxyByPath,
    Redirect,
    ReplacePrefix,
    Require,
    Respond,
    Retry,
    RewritePath,
    StripPrefix,
    Tag,
    Timeout,
    UseLimit,
)
from weir.models.upstream_clauses import Balance, Budget, Check, Concurrency, Eject, Sticky, Target
from weir.models.values import Destination, LimitKey, Rate, Secret
from weir.rules.bounds import MAX_INTEGER, MAX_LIST
from weir.rules.check import values
from weir.rules.check.findings import Issue
from weir.rules.check.require import require_issues
from weir.rules.clauses.actions import MAX_WEIGHT, REDIRECTS
from weir.rules.clauses.limits import MAX_COST, MAX_COUNT, NAMED_KEYS
from weir.rules.clauses.selection import MAX_PRIORITY
from weir.rules.clauses.traffic import MAX_KEPT_BODY, MAX_RETRIES
from weir.rules.clauses.upstreams import MAX_FAILURES, MAX_IN_FLIGHT, NAMED_HASHES

Issues = Iterator[Issue | None]

MAX_DURATION_MS = 366 * 86_400_000
NO_BODY = frozenset({204, 205, 304})
SHORTEST_BUDGET_MS, LONGEST_BUDGET_MS = 1000, 86_400_000
"""Windows of a retry budget: a shorter one is asked for too often, a longer one forgets nothing in time."""
SHORTEST_LIMIT_MS = 12
"""Tokens of a shorter window would end on their way from the store to the worker, so nothing would ever pass. A smooth
limit has no window."""
LEAST_INTERVAL_MS = 100
"""Between two checks of a target."""


def issues_of(clause: Clause, captures: frozenset[str]) -> Iterator[Issue]:
    """``captures`` are the names that templates may use."""
    templated = _TEMPLATED.get(type(clause))
    plain = _PLAIN.get(type(clause))
    yield from filter(
        None, chain(templated(clause, captures) if templated else (), plain(clause) if plain else ())
    )
    yield from filter(None, _sizes(clause))
    yield from _durations(clause)


def rate_issues(rate: Rate) -> Iterator[Issue]:
    if bool(rate.per_ms) == rate.per_month:
        yield Issue("bad-rate", "a limit counts per time or per month", "a rate such as 100 per 1m")
    yield from _out_of_range("count", rate.count, 1, MAX_COUNT)
    yield from _out_of_range("cost", rate.cost, 1, MAX_COST)
    yield from _out_of_range("burst", rate.burst, 1, MAX_COUNT)
    yield from _out_of_range("max_keys", rate.max_keys, 1, MAX_COUNT)
    yield from filter(None, map(_key, rate.by))
    yield from _durations(rate)
    if rate.burst is not None and rate.window != "smooth":
        yield Issue("bad-rate", "burst belongs to a smooth limit", "smooth burst N")
    if 0 < rate.per_ms < SHORTEST_LIMIT_MS and rate.window != "smooth":
        yield Issue("bad-duration", "the window of a limit is too short", "12ms or more, or a smooth limit")
    if rate.per_month and rate.window == "smooth":
        yield Issue("bad-rate", "a smooth limit needs a time such as 30d, not a month")
    if rate.cost > rate.count:
        yield Issue("bad-rate", f"a request costs {rate.cost}, more than the whole limit of {rate.count}")


def _key(key: LimitKey) -> Issue | None:
    if bool(key.name) != (key.field in NAMED_KEYS):
        return Issue("bad-field", f"{key.field} {'takes no' if key.name else 'needs a'} name in parentheses")
    return values.header_name(key.name) if key.field == "header" else values.too_long(key.name)


def _sizes(clause: Clause) -> Issues:
    """Text is held to these bounds while it is read; JSON is held to them here."""
    for name in clause.__struct_fields__:
        value = getattr(clause, name)
        if isinstance(value, str):
            yield values.too_long(value)
        elif isinstance(value, tuple) and len(value) > MAX_LIST and name not in _BLOCK_FIELDS:
            yield Issue("too-large", f"a list of {len(value)} members", f"at most {MAX_LIST}")


_BLOCK_FIELDS = frozenset({"comments", "comments_end", "lines"})


def _durations(node: Clause | Rate) -> Iterator[Issue]:
    for name in node.__struct_fields__:
        value = getattr(node, name) if name.endswith("_ms") else None
        if value is not None and not 1 <= value <= MAX_DURATION_MS and (name, value) != ("per_ms", 0):
            yield Issue("bad-duration", "a duration out of range", "1ms to 366d")


def _out_of_range(what: str, value: int | None, least: int, most: int) -> Iterator[Issue]:
    if value is not None and not least <= value <= most:
        yield Issue("bad-number", f"{what} {value} is out of range", f"{least} to {most}")


def _percent(value: float) -> Issue | None:
    if 0 <= value <= 100 and value == round(value, 4):
        return None
    return Issue("bad-percent", f"{value} percent", "0% to 100%, with at most four decimals")


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
    for destination in to:
        yield from _out_of_range("weight", destination.weight, 0, MAX_WEIGHT)


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
    yield _percent(mirror.percent)


def _networks(clause: AllowIp | DenyIp | TrustedProxies) -> Issues:
    yield values.networks(clause.networks)


def _cors(cors: Cors) -> Issues:
    if not cors.origins:
        yield Issue("empty-block", "cors without origins", 'origins ["https://app.example.com"]')
    if cors.credentials and "*" in cors.origins:
        yield Issue("cors-credentials", 'credentials are never sent to origin "*"', "named origins")
    if cors.credentials and "*" in cors.expose:
        message = 'beside credentials browsers take "*" in expose for a name'
        yield Issue("cors-credentials", message, "named headers")
    yield from map(values.origin, cors.origins)
    for name in chain(cors.headers, cors.expose):
        yield values.header_name(name) if name != "*" else None
    for method in cors.methods:
        yield values.method(method) if method != "*" else None


def _prefix(clause: StripPrefix | ReplacePrefix) -> Issues:
    yield values.sent_path(clause.prefix)
    if isinstance(clause, ReplacePrefix):
        yield values.sent_path(clause.replacement)


def _rewrite(rewrite: RewritePath, captures: frozenset[str]) -> Issues:
    yield values.sent_path(rewrite.path)
    yield values.template(rewrite.path, captures)


def _edit(edit: EditHeader, captures: frozenset[str]) -> Issues:
    yield values.editable_header(edit.name)
    if (edit.value is None) != (edit.action == "remove"):
        yield Issue(
            "bad-value", f"{edit.action} {'takes no' if edit.action == 'remove' else 'needs a'} value"
        )
    if isinstance(edit.value, str):
        yield values.header_value(edit.value)
        yield values.template(edit.value, captures)
    if isinstance(edit.value, Secret):
        yield values.name(edit.value.name)


def _host(host: Host) -> Issues:
    if host.mode != "fixed" and host.name:
        yield Issue("bad-value", f"host {host.mode} has no name")
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
    yield from _out_of_range("retry", retry.count, 0, MAX_RETRIES)
    if bool(retry.count) != bool(retry.on):
        yield Issue(
            "bad-retry", "retry says how often and on what", "a clause such as retry 1 on connect, 503"
        )
    if retry.body is not None and not 0 <= retry.body <= MAX_KEPT_BODY:
        yield Issue("bad-size", f"a kept body of {retry.body} bytes", f"0 to {MAX_KEPT_BODY}")
    if retry.put_timeout and "timeout" not in retry.on:
        yield Issue("bad-retry", "put_timeout without timeout among the reasons", "retry N on timeout, …")


def _target(target: Target) -> Issues:
    yield values.target_url(target.url)
    yield from _out_of_range("weight", target.weight, 0, MAX_WEIGHT)


def _check(check: Check) -> Issues:
    yield values.path(check.path)
    yield values.method(check.method)
    for status in check.expect:
        yield from _out_of_range("status", status, 100, 599)
    if check.every_ms < LEAST_INTERVAL_MS:
        yield Issue("bad-duration", "a check every so often would be a load of its own", "100ms or more")
    if check.timeout_ms is not None and check.timeout_ms > check.every_ms:
        yield Issue(
            "bad-duration", "a check may not take longer than the time until the next", "a shorter timeout"
        )


def _sticky(sticky: Sticky) -> Issues:
    yield values.cookie_name(sticky.cookie)


def _balance(balance: Balance) -> Issues:
    if bool(balance.hash_on) != (balance.policy == "hash"):
        yield Issue("bad-value", "only hash balances on something", "a policy such as hash(ip)")
    if bool(balance.hash_name) != (balance.hash_on in NAMED_HASHES):
        takes = "takes no" if balance.hash_name else "needs a"
        yield Issue("bad-field", f"{balance.hash_on or balance.policy} {takes} name in parentheses")


def _eject(eject: Eject) -> Issues:
    yield from _out_of_range("after", eject.after, 0, MAX_FAILURES)
    if eject.max_percent is not None:
        yield _percent(eject.max_percent)
    if not eject.after and (eject.for_ms is not None or eject.max_percent is not None):
        yield Issue("bad-value", "eject off has neither a time nor a percentage")


def _budget(budget: Budget) -> Issues:
    yield _percent(budget.percent)
    yield from _out_of_range("max", budget.max, 0, MAX_INTEGER)
    if not SHORTEST_BUDGET_MS <= budget.per_ms <= LONGEST_BUDGET_MS:
        yield Issue("bad-duration", "the window of a budget is out of range", "1s to 1d")


def _concurrency(concurrency: Concurrency) -> Issues:
    yield from _out_of_range("concurrency", concurrency.limit, 1, MAX_IN_FLIGHT)
    yield from _out_of_range("queue", concurrency.queue, 0, MAX_IN_FLIGHT)


def _use_limit(limit: UseLimit) -> Issues:
    yield values.name(limit.name)
    yield from _out_of_range("cost", limit.cost, 1, MAX_COST)


def _priority(priority: Priority) -> Issues:
    yield from _out_of_range("priority", priority.value, 0, MAX_PRIORITY)


def _tag(tag: Tag) -> Issues:
    if not tag.tags:
        yield Issue("empty", "tag without a name")
    yield from map(values.name, tag.tags)


_PLAIN: Mapping[type, Callable[[Any], Issues]] = {
    Proxy: _proxy,
    ProxyByPath: _by_path,
    Respond: _respond,
    Mirror: _mirror,
    Require: require_issues,
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
    UseLimit: _use_limit,
    Priority: _priority,
    Tag: _tag,
    Balance: _balance,
    Eject: _eject,
    Budget: _budget,
    Concurrency: _concurrency,
    Target: _target,
    Check: _check,
    Sticky: _sticky,
}

_TEMPLATED: Mapping[type, Callable[[Any, frozenset[str]], Issues]] = {
    Redirect: _redirect,
    RewritePath: _rewrite,
    EditHeader: _edit,
}
