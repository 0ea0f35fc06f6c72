"""Clauses of an upstream: its targets, how they are chosen, probed, protected and spoken to."""

from __future__ import annotations

from weir.models.upstream_clauses import (
    Balance,
    Budget,
    Check,
    Concurrency,
    Eject,
    SlowStart,
    Sticky,
    Target,
    Tls,
)
from weir.rules.clauses.actions import MAX_WEIGHT
from weir.rules.clauses.traffic import read_switch
from weir.rules.cursor import Cursor
from weir.rules.lexer import quote
from weir.rules.names import write_name, write_path, write_url
from weir.rules.syntax import DEFAULTS, UPSTREAM, Syntax
from weir.rules.units import print_duration, print_percent

HASH_FIELDS = ("ip", "header", "cookie", "query", "path", "consumer")
NAMED_HASHES = frozenset({"header", "cookie", "query"})
MAX_IN_FLIGHT = 1_000_000
MAX_FAILURES = 10_000


def _read_target(cursor: Cursor) -> Target:
    expected = "a URL such as http://orders-1.prod:8080"
    if cursor.at("word"):
        token = cursor.take()
        port = f":{cursor.token.text}" if cursor.accept_symbol(":") and cursor.at("number") else ""
        raise cursor.wrong(token, f'unexpected "{token.text}"', expected, f"http://{token.text}{port}")
    if not (cursor.at("url") or cursor.at("string")):
        raise cursor.unexpected(expected)
    url = cursor.take().text
    weight = cursor.integer("a weight", 0, MAX_WEIGHT) if cursor.accept_word("weight") else 1
    return Target(url=url, weight=weight)


def _write_target(target: Target) -> str:
    return f"target {write_url(target.url)}" + (f" weight {target.weight}" if target.weight != 1 else "")


def _read_balance(cursor: Cursor) -> Balance:
    policy = cursor.one_of(("round_robin", "least_conn", "p2c", "hash"))
    if policy != "hash":
        return Balance(policy=policy)  # type: ignore[arg-type]  # one_of checked it
    cursor.expect_symbol("(")
    field = cursor.one_of(HASH_FIELDS)
    name = ""
    if field in NAMED_HASHES:
        cursor.expect_symbol("(")
        name = cursor.string(f"the name of the {field}")
        cursor.expect_symbol(")")
    cursor.expect_symbol(")")
    return Balance(policy="hash", hash_on=field, hash_name=name)  # type: ignore[arg-type]


def _write_balance(balance: Balance) -> str:
    if balance.policy != "hash":
        return f"balance {balance.policy}"
    name = f"({quote(balance.hash_name)})" if balance.hash_on in NAMED_HASHES else ""
    return f"balance hash({balance.hash_on}{name})"


def _read_check(cursor: Cursor) -> Check:
    method = cursor.name("a method such as GET")
    path = cursor.string("a path")
    cursor.expect_word("every")
    every_ms = cursor.duration()
    timeout_ms = cursor.duration() if cursor.accept_word("timeout") else None
    expect: tuple[int, ...] = ()
    if cursor.accept_word("expect"):
        expect = cursor.comma_separated(lambda: cursor.integer("a status", 100, 599))
    return Check(method=method, path=path, every_ms=every_ms, timeout_ms=timeout_ms, expect=expect)


def _write_check(check: Check) -> str:
    text = f"check {write_name(check.method)} {write_path(check.path)} every {print_duration(check.every_ms)}"
    if check.timeout_ms is not None:
        text += f" timeout {print_duration(check.timeout_ms)}"
    return text + (f" expect {', '.join(map(str, check.expect))}" if check.expect else "")


def _read_eject(cursor: Cursor) -> Eject:
    if cursor.accept_word("off"):
        return Eject(after=0)
    cursor.expect_word("after")
    after = cursor.integer("how many failures in a row", 1, MAX_FAILURES)
    for_ms = cursor.duration() if cursor.accept_word("for") else None
    most = cursor.percent() if cursor.accept_word("max") else None
    return Eject(after=after, for_ms=for_ms, max_percent=most)


def _write_eject(eject: Eject) -> str:
    if not eject.after:
        return "eject off"
    text = f"eject after {eject.after}"
    if eject.for_ms is not None:
        text += f" for {print_duration(eject.for_ms)}"
    return text + (f" max {print_percent(eject.max_percent)}" if eject.max_percent is not None else "")


def _read_budget(cursor: Cursor) -> Budget:
    percent = cursor.percent()
    most = cursor.integer("how many retries", 0) if cursor.accept_word("max") else None
    cursor.expect_word("per")
    return Budget(percent=percent, max=most, per_ms=cursor.duration())


def _write_budget(budget: Budget) -> str:
    most = f" max {budget.max}" if budget.max is not None else ""
    return f"budget {print_percent(budget.percent)}{most} per {print_duration(budget.per_ms)}"


def _read_concurrency(cursor: Cursor) -> Concurrency:
    limit = None
    if not cursor.accept_word("adaptive"):
        limit = cursor.integer('"adaptive", or how many requests at once,', 1, MAX_IN_FLIGHT)
    queue = cursor.integer("how many may wait", 0, MAX_IN_FLIGHT) if cursor.accept_word("queue") else 0
    return Concurrency(limit=limit, queue=queue)


def _write_concurrency(concurrency: Concurrency) -> str:
    limit = "adaptive" if concurrency.limit is None else str(concurrency.limit)
    return f"concurrency {limit}" + (f" queue {concurrency.queue}" if concurrency.queue else "")


def _read_tls(cursor: Cursor) -> Tls:
    parts: dict[str, object] = {}

    def part() -> None:
        token = cursor.token
        name = cursor.one_of(("verify", "server_name", "ca", "certificate"))
        if name in parts:
            raise cursor.wrong(token, f'"{name}" stands twice')
        parts[name] = read_switch(cursor) if name == "verify" else cursor.string(f"the {name}")

    cursor.comma_separated(part)
    return Tls(**parts)  # type: ignore[arg-type]  # by name


def _write_tls(tls: Tls) -> str:
    named = [
        f"{name} {quote(value)}"
        for name in ("server_name", "ca", "certificate")
        if (value := getattr(tls, name))
    ]
    if not tls.verify:
        return "tls " + ", ".join(["verify off", *named])
    return "tls " + (", ".join(named) or "verify on")


def _read_sticky(cursor: Cursor) -> Sticky:
    cursor.expect_word("cookie")
    cookie = cursor.string("the name of the cookie")
    return Sticky(cookie=cookie, for_ms=cursor.duration() if cursor.accept_word("for") else None)


def _write_sticky(sticky: Sticky) -> str:
    life = f" for {print_duration(sticky.for_ms)}" if sticky.for_ms is not None else ""
    return f"sticky cookie {quote(sticky.cookie)}{life}"


SYNTAXES = (
    Syntax(
        "target",
        (Target,),
        _read_target,
        _write_target,
        UPSTREAM,
        "target URL [weight N]",
        "One server; a name is resolved again in the background.",
        ("target http://orders-1.prod:8080 weight 3", "target https://orders.example.com"),
    ),
    Syntax(
        "balance",
        (Balance,),
        _read_balance,
        _write_balance,
        UPSTREAM,
        'balance round_robin|least_conn|p2c|hash(ip|path|consumer|header("N")|cookie("N")|query("N"))',
        "How a target is chosen; round_robin if not given.",
        ("balance round_robin", 'balance hash(header("X-User"))'),
    ),
    Syntax(
        "check",
        (Check,),
        _read_check,
        _write_check,
        UPSTREAM,
        "check METHOD PATH every D [timeout D] [expect STATUS, …]",
        "An active probe of every target.",
        ("check GET /healthz every 5s", "check HEAD / every 10s timeout 500ms expect 200, 204"),
    ),
    Syntax(
        "eject",
        (Eject,),
        _read_eject,
        _write_eject,
        UPSTREAM,
        "eject after N [for D] [max PERCENT%]  |  eject off",
        "Takes a target out after so many failures in a row.",
        ("eject after 5 for 30s max 10%", "eject off"),
    ),
    Syntax(
        "budget",
        (Budget,),
        _read_budget,
        _write_budget,
        UPSTREAM | DEFAULTS,
        "budget PERCENT% [max N] per D",
        "Caps retries cluster-wide: a share of requests, and a number in any window of that length.",
        ("budget 10% max 100 per 10s",),
    ),
    Syntax(
        "concurrency",
        (Concurrency,),
        _read_concurrency,
        _write_concurrency,
        UPSTREAM,
        "concurrency N|adaptive [queue N]",
        "Requests in flight at once, and how many may wait; others get 503.",
        ("concurrency 200 queue 50", "concurrency adaptive"),
    ),
    Syntax(
        "tls",
        (Tls,),
        _read_tls,
        _write_tls,
        UPSTREAM,
        'tls [verify on|off], [server_name "…"], [ca "…"], [certificate "…"]',
        "How https targets are verified, and the certificate shown to them.",
        ('tls server_name "orders.internal", ca "internal"', "tls verify off"),
    ),
    Syntax(
        "sticky",
        (Sticky,),
        _read_sticky,
        _write_sticky,
        UPSTREAM,
        'sticky cookie "NAME" [for D]',
        "Keeps a client at its target.",
        ('sticky cookie "weir" for 1h',),
    ),
    Syntax(
        "slow_start",
        (SlowStart,),
        lambda cursor: SlowStart(for_ms=cursor.duration()),
        lambda slow: f"slow_start {print_duration(slow.for_ms)}",
        UPSTREAM,
        "slow_start D",
        "Raises a returning target's share over that time.",
        ("slow_start 30s",),
    ),
)
