"""What a document means: defines substituted, groups and defaults applied. What routing and the edge are given."""

from __future__ import annotations

import msgspec

from weir.models.condition import Condition
from weir.models.rule_clauses import (
    Compress,
    Cors,
    EditHeader,
    Host,
    Mirror,
    Proxy,
    Redirect,
    ReplacePrefix,
    Require,
    Respond,
    Retry,
    RewritePath,
    StripPrefix,
    Timeout,
)
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
from weir.models.values import Rate


class Timeouts(msgspec.Struct, frozen=True):
    """Milliseconds, all decided (see ``timeouts_for``)."""

    connect_ms: int = 1_000
    try_ms: int = 30_000
    """From the first byte sent to a target to its response head, and the longest silence after that."""
    total_ms: int | None = None
    """Over all attempts, until the last response byte; None is unbounded (the silence bound still holds)."""
    idle_ms: int = 3_600_000
    """Silence in tunnels and event streams."""


class Counted(msgspec.Struct, frozen=True):
    """A limit of a route: its identity survives a publish, so its counters do too."""

    name: str
    """A named limit's name, or ``<rule>#<ordinal>``."""
    rate: Rate
    cost: int = 1


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One rule (or one line of ``proxy by path``) with its group's clauses applied.

    None means that neither the rule nor its group says anything: the upstream's word, then ``Settings``, decides.
    """

    name: str
    """``rule`` or ``group/rule``; a group with an action of its own is a rule of the group's name."""
    path_line: str = ""
    """The prefix, when this is a line of ``proxy by path``."""
    condition: Condition
    """Without references."""
    priority: int = 0
    action: Proxy | Redirect | Respond
    allow_ip: tuple[str, ...] | None = None
    deny_ip: tuple[str, ...] = ()
    require: Require | None = None
    limits: tuple[Counted, ...] = ()
    cors: Cors | None = None
    path_edit: StripPrefix | ReplacePrefix | RewritePath | None = None
    headers: tuple[EditHeader, ...] = ()
    host: Host | None = None
    timeout: Timeout | None = None
    max_body: int | None = None
    """Bytes."""
    mirror: Mirror | None = None
    retry: Retry | None = None
    compress: Compress | None = None
    tags: tuple[str, ...] = ()
    log: bool | None = None


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream with everything it says; a URL used as a destination is a pool of that name."""

    name: str
    targets: tuple[Target, ...]
    balance: Balance | None = None
    timeout: Timeout | None = None
    host: Host | None = None
    check: Check | None = None
    eject: Eject | None = None
    retry: Retry | None = None
    budget: Budget | None = None
    concurrency: Concurrency | None = None
    tls: Tls | None = None
    sticky: Sticky | None = None
    slow_start: SlowStart | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What ``defaults`` say, over the built-in values."""

    timeouts: Timeouts = Timeouts()
    trusted_proxies: tuple[str, ...] = ()
    merge_slashes: bool = True
    max_head: int = 32 * 1024
    """Bytes of a request head."""
    max_body: int = 1024**3
    """Bytes of a request body."""
    host: Host = Host(mode="preserve")
    retry: Retry | None = None
    budget: Budget | None = None
    compress: Compress | None = None
    log: bool = True
    credentials_max_stale_ms: int = 86_400_000


def timeouts_for(route: Route, pool: Pool | None, settings: Settings) -> Timeouts:
    """Each part from the rule, else the upstream, else the defaults."""
    return timeouts_over(settings.timeouts, pool.timeout if pool else None, route.timeout)


def timeouts_over(base: Timeouts, *layers: Timeout | None) -> Timeouts:
    """``base`` with every part that a later layer gives."""
    parts = msgspec.structs.asdict(base)
    for layer in layers:
        if layer is not None:
            parts |= {name: value for name in parts if (value := getattr(layer, name)) is not None}
    return Timeouts(**parts)


def retry_for(route: Route, pool: Pool | None, settings: Settings) -> Retry | None:
    """The rule's word, else the upstream's, else the defaults'; None where nothing is to be repeated."""
    said = route.retry or (pool.retry if pool else None) or settings.retry
    return said if said is not None and said.count else None
