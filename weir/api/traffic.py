"""What went through the cluster: counts per rule, target and consumer, unused rules, and requests as they happen.

Counts are those of the nodes' agents, at most a few seconds behind. Minutes are kept for two hours, days for 400.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

import msgspec

from weir.api.operation import Operation, Page
from weir.models.document import Owner
from weir.models.sample import LiveRequest

Window: TypeAlias = Literal["1m", "5m", "15m", "30m", "1h", "2h", "1d", "7d", "30d", "90d", "365d"]
"""Minutes and hours end now; days are calendar days in UTC and the last of them is today."""
Sort: TypeAlias = Literal["requests", "errors", "p50", "p99", "retries", "limited", "name"]
Filter: TypeAlias = Annotated[str, msgspec.Meta(max_length=512)]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over a time. Of a target, what is said of requests is said of attempts."""

    requests: int = 0
    per_second: float = 0.0
    success: int = 0
    """Statuses 1xx and 2xx."""
    redirects: int = 0
    """3xx."""
    client_errors: int = 0
    """4xx."""
    server_errors: int = 0
    """5xx."""
    unanswered: int = 0
    """The client left before a status; of a target: attempts that failed without an answer."""
    own_errors: int = 0
    """5xx that no service gave but Weir itself (or a rule's ``respond``)."""
    limited: int = 0
    """429 that no service gave: a limit of Weir's refused."""
    retries: int = 0
    """Further attempts that were granted."""
    retries_refused: int = 0
    """Attempts that a rule would have repeated, had budget, time and request allowed it."""
    bytes_in: int = 0
    """Of request bodies; 0 for targets."""
    bytes_out: int = 0
    """Of answers with their heads; 0 for targets."""
    error_ratio: float = 0.0
    """``server_errors`` of ``requests``; of a target also those that failed without an answer. 0 to 1."""
    mean_ms: float = 0.0
    p50_ms: float = 0.0
    """Quantiles are interpolated in the buckets of the histograms; 0 without requests. Of a target until the head."""
    p90_ms: float = 0.0
    p99_ms: float = 0.0


class RuleTraffic(msgspec.Struct, frozen=True, kw_only=True):
    owner: str
    """Empty for requests that no rule matched, and for ``(other)``."""
    rule: str
    """Of a rule in a group: ``group/rule``. Empty for requests that no rule matched; ``(other)`` with an empty owner is
    what was beyond the bound of a minute or day."""
    traffic: Traffic


class TargetTraffic(msgspec.Struct, frozen=True, kw_only=True):
    owner: str
    upstream: str
    target: str
    """Its URL."""
    traffic: Traffic


class ConsumerTraffic(msgspec.Struct, frozen=True, kw_only=True):
    consumer: str
    """Of requests whose credential was accepted; ``(other)`` is what was beyond the bound of a minute or day."""
    traffic: Traffic


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The time that an answer is about."""

    from_ms: int
    """Unix milliseconds."""
    until_ms: int
    seconds: float
    """What rates are per: the time of the span that has passed and in which counting went on."""
    counting_since_ms: int = 0
    """When the first count came to this store; 0: nothing was counted yet."""
    lost: int = 0
    """Requests since then that are in no minute (of a span of days: in no day), as nodes could not bring them to the
    store in time; their number, not whose they were."""


class RulePage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[RuleTraffic, ...] = ()
    next: str = ""
    span: Span
    total: Traffic
    """Of all rules that the filter leaves, on every page."""


class TargetPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[TargetTraffic, ...] = ()
    next: str = ""
    span: Span


class ConsumerTrafficPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[ConsumerTraffic, ...] = ()
    next: str = ""
    span: Span
    total: Traffic
    """Of all consumers that the filter leaves, on every page."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    """Where the minute or the day begins."""
    seconds: float
    traffic: Traffic


class RuleSeries(msgspec.Struct, frozen=True, kw_only=True):
    owner: str
    rule: str
    span: Span
    points: tuple[Point, ...] = ()
    """One for each minute or day, the earliest first, also where nothing was counted."""
    total: Traffic


class UnusedRule(msgspec.Struct, frozen=True, kw_only=True):
    owner: str
    rule: str
    last_hit_ms: int = 0
    """0: none is known."""


class UnusedPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[UnusedRule, ...] = ()
    """Rules of the current version, those that were never hit first."""
    next: str = ""
    number: int
    """The version."""
    days: int
    """As asked."""
    counting_since_ms: int = 0
    """0: nothing was counted yet, so that this says nothing."""
    days_counted: float = 0.0
    """For how long counting has gone on: fewer than ``days`` say that rules are listed which had no chance yet."""
    lost: int = 0
    """Requests that are in no day's counts, as nodes could not bring them to the store; they may have hit a rule that
    is listed."""


class Sample(LiveRequest, frozen=True, kw_only=True, omit_defaults=True):
    """One request; what is empty or 0 is left out."""

    id: str
    """Of the event; ``Last-Event-ID`` goes on behind it."""


class RulesQuery(Page, frozen=True, forbid_unknown_fields=True):
    window: Window = "5m"
    sort: Sort = "requests"
    """``name`` ascends, all others descend; equals by name."""
    owner: Owner | Literal[""] = ""
    """Empty: of all."""
    rule: Filter = ""
    """Only rules whose name contains this."""


class TargetsQuery(Page, frozen=True, forbid_unknown_fields=True):
    window: Window = "5m"
    sort: Sort = "requests"
    owner: Owner | Literal[""] = ""
    upstream: Filter = ""
    """Only of the upstream of this name."""


class ConsumerTrafficQuery(Page, frozen=True, forbid_unknown_fields=True):
    window: Window = "5m"
    sort: Sort = "requests"
    consumer: Filter = ""
    """Only consumers whose name contains this."""


class RuleQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    """Of a rule in a group: ``group/rule``."""
    owner: Owner = "api"
    window: Window = "1h"
    """Points are minutes up to ``2h``, days beyond."""


class UnusedQuery(Page, frozen=True, forbid_unknown_fields=True):
    days: Annotated[int, msgspec.Meta(ge=1, le=400)] = 30
    owner: Owner | Literal[""] = ""


class ExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: date | None = None
    """The first day, in UTC; none: 30 days before the last. Without a day between them only the heading comes."""
    last: date | None = None
    """The last day; none: today, which is not over."""
    owner: Owner | Literal[""] = ""


class ConsumerExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: date | None = None
    """The first day, in UTC; none: 30 days before the last. Without a day between them only the heading comes."""
    last: date | None = None
    """The last day; none: today, which is not over."""
    consumer: Filter = ""
    """Only this one; empty: all."""


class TailQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What does not meet all of these is not even sampled, unless somebody else listens for it."""

    owner: Owner | Literal[""] = ""
    rule: Filter = ""
    """Exactly this one; empty: any."""
    status: Annotated[str, msgspec.Meta(pattern=r"^([1-5]xx|[1-5][0-9]{2})?$", max_length=3)] = ""
    """``5xx`` or ``404``; empty: any."""
    min_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    """Only requests that took at least so long."""


CSV_FIGURES = (
    "requests", "success", "redirects", "client_errors", "server_errors", "unanswered", "own_errors", "limited",
    "retries", "retries_refused", "bytes_in", "bytes_out", "mean_ms", "p50_ms", "p90_ms", "p99_ms",
)  # fmt: skip
CSV_COLUMNS = ("day", "owner", "rule", *CSV_FIGURES)
"""Of ``traffic.export``; the first line names them. A cell that begins with =, +, -, @ gets a ' before it."""
CONSUMER_CSV_COLUMNS = ("day", "consumer", *CSV_FIGURES)
"""Of ``traffic.export_consumers``, in the same way."""

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="traffic.rules",
        method="GET",
        path="/traffic/rules",
        summary="Requests, errors, latency, retries and refusals per rule over a time.",
        role="viewer",
        query=RulesQuery,
        result=RulePage,
    ),
    Operation(
        id="traffic.rule",
        method="GET",
        path="/traffic/rule",
        summary="One rule's counts by minute or by day.",
        role="viewer",
        query=RuleQuery,
        result=RuleSeries,
    ),
    Operation(
        id="traffic.targets",
        method="GET",
        path="/traffic/targets",
        summary="Attempts, failures and latency per target of the upstreams over a time.",
        role="viewer",
        query=TargetsQuery,
        result=TargetPage,
    ),
    Operation(
        id="traffic.consumers",
        method="GET",
        path="/traffic/consumers",
        summary="Requests, errors, latency and refusals per consumer over a time.",
        role="viewer",
        query=ConsumerTrafficQuery,
        result=ConsumerTrafficPage,
    ),
    Operation(
        id="traffic.unused",
        method="GET",
        path="/traffic/unused",
        summary="Rules of the current version that no request has hit for some days, and since when that is known.",
        role="viewer",
        query=UnusedQuery,
        result=UnusedPage,
    ),
    Operation(
        id="traffic.export",
        method="GET",
        path="/traffic/export",
        summary="Counts per rule and day as CSV, streamed.",
        role="viewer",
        query=ExportQuery,
        media=("text/csv",),
    ),
    Operation(
        id="traffic.export_consumers",
        method="GET",
        path="/traffic/export/consumers",
        summary="Counts per consumer and day as CSV, streamed.",
        role="viewer",
        query=ConsumerExportQuery,
        media=("text/csv",),
    ),
    Operation(
        id="traffic.tail",
        method="GET",
        path="/traffic/tail",
        summary="Requests as they happen, sampled and redacted: a stream of `request` events, each one a Sample.",
        role="viewer",
        query=TailQuery,
        media=("text/event-stream",),
    ),
)
