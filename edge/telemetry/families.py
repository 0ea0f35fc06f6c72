"""The metric families that workers report and the node agent sums: name, kind, labels, buckets. No I/O.

Closed label sets: a label is a rule's or an upstream's name, a status, or a word of a fixed list; nothing that a
client can make up. The agent bounds the series of a family all the same (``--metrics-series``). docs/metrics.md is made
from this table.
"""

from __future__ import annotations

from typing import Literal

import msgspec

MAX_SERIES = 50_000
"""Series of one family; what comes later is counted under ``OTHER``."""

OTHER = "(other)"

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds; +Inf follows."""


PHASES = ("before", "limit", "connect", "upstream", "answer")
"""Where a request's time goes. ``before``, ``upstream`` and ``answer`` follow one another; the others are parts of
the first two."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: Literal["counter", "histogram", "gauge"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    combine: Literal["sum", "max"] = "sum"
    """What the node's gauge is of its workers'."""


FAMILIES: tuple[Family, ...] = (
    Family(
        name="weir_requests_total",
        kind="counter",
        help="Requests answered, by rule and status; 499 is a client that went away.",
        labels=("rule", "status"),
    ),
    Family(
        name="weir_request_seconds",
        kind="histogram",
        help="From the complete head of a request to the last byte of its answer.",
        buckets=LATENCY_BUCKETS,
    ),
    Family(
        name="weir_attempts_total",
        kind="counter",
        help="Attempts at upstream targets, by upstream and outcome (a status, or the stage that failed).",
        labels=("upstream", "outcome"),
    ),
    Family(
        name="weir_answers_broken_total",
        kind="counter",
        help="Answers that broke off, or were found malformed, after their head; their attempts have a status.",
        labels=("upstream",),
    ),
    Family(
        name="weir_upstream_seconds",
        kind="histogram",
        help="From the start of an attempt to the head of its response, or its failure.",
        labels=("upstream",),
        buckets=LATENCY_BUCKETS,
    ),
    Family(
        name="weir_phase_seconds",
        kind="histogram",
        help=(
            "Where requests that were forwarded spent their time. before: rules, checks, earlier attempts; limit: "
            "waiting for limits; connect: a new connection; upstream: from the attempt to the response head; "
            "answer: from there to the last byte. Of many requests in one second some are looked at."
        ),
        labels=("phase",),
        buckets=LATENCY_BUCKETS,
    ),
    Family(
        name="weir_retries_total",
        kind="counter",
        help="Attempts that might have been repeated, by upstream and outcome: granted, replaced, or why not.",
        labels=("upstream", "outcome"),
    ),
    Family(
        name="weir_concurrency_total",
        kind="counter",
        help="Requests that found as many in flight as may be, by upstream and what became of them.",
        labels=("upstream", "outcome"),
    ),
    Family(
        name="weir_concurrency_limit",
        kind="gauge",
        help="Requests that may be in flight at an upstream; the sum of the workers' parts.",
        labels=("upstream",),
    ),
    Family(
        name="weir_concurrency_in_flight",
        kind="gauge",
        help="Requests in flight at an upstream that has a limit.",
        labels=("upstream",),
    ),
    Family(
        name="weir_concurrency_waiting",
        kind="gauge",
        help="Requests that wait for a place among those in flight.",
        labels=("upstream",),
    ),
    Family(
        name="weir_mirrored_total",
        kind="counter",
        help="Copies of requests, by upstream and outcome: answered, failed, or why none was sent.",
        labels=("upstream", "outcome"),
    ),
    Family(
        name="weir_compressed_total",
        kind="counter",
        help="Answers that went out compressed by a rule's `compress`, by content coding.",
        labels=("coding",),
    ),
    Family(
        name="weir_target_ejections_total",
        kind="counter",
        help="Times that a worker took a target out: consecutive, retry-after, cluster (evidence of all), check.",
        labels=("upstream", "target", "reason"),
    ),
    Family(
        name="weir_target_out",
        kind="gauge",
        help="1 while a worker of this node gives no requests to a target that it would else use.",
        labels=("upstream", "target"),
        combine="max",
    ),
    Family(
        name="weir_limit_total",
        kind="counter",
        help=(
            "Requests counted, by limit and outcome: allowed, refused (429), shadow (would be refused), "
            "uncounted (503)."
        ),
        labels=("limit", "outcome"),
    ),
    Family(
        name="weir_auth_total",
        kind="counter",
        help=(
            "Requests of rules that require a credential, by method (none: none was shown) and result: accepted, or "
            "the code of the refusal."
        ),
        labels=("method", "result"),
    ),
    Family(
        name="weir_malformed_total",
        kind="counter",
        help="Requests refused before they met a rule, by status.",
        labels=("status",),
    ),
    Family(
        name="weir_connections_total",
        kind="counter",
        help="Connections of clients that were taken.",
    ),
    Family(
        name="weir_connections_refused_total",
        kind="counter",
        help="Connections closed before their first request: no PROXY header, or too many from one address.",
        labels=("reason",),
    ),
    Family(
        name="weir_access_log_dropped_total",
        kind="counter",
        help="Access log lines lost: the buffer was full, or they could not be written.",
    ),
    Family(
        name="weir_traced_total",
        kind="counter",
        help="Requests whose spans were recorded: exported, failed (the collector), dropped (too many waited).",
        labels=("outcome",),
    ),
    Family(
        name="weir_dns_lookups_total",
        kind="counter",
        help="Look-ups of targets' names: answered, none (there is no address), failed (nobody could say).",
        labels=("outcome",),
    ),
    Family(
        name="weir_dns_stale_names",
        kind="gauge",
        help="Names whose last addresses stay in use because the look-up fails; the sum of the workers.",
    ),
    Family(name="weir_requests_in_flight", kind="gauge", help="Requests being worked on."),
    Family(name="weir_downstream_connections", kind="gauge", help="Open connections of clients."),
    Family(
        name="weir_upstream_connections",
        kind="gauge",
        help="Open connections to the targets of an upstream: idle (in the pool) or busy.",
        labels=("upstream", "state"),
    ),
    Family(
        name="weir_hub_lag_seconds",
        kind="gauge",
        help="How late the event loop of a worker was at most in the last second; the worst worker's.",
        combine="max",
    ),
)
