"""What is measured, in the order in which it is run and printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.side_by_side import measures, publish
from benchmarks.side_by_side.gateways.known import KNOWN
from benchmarks.side_by_side.measures import Measure
from benchmarks.side_by_side.services import Behind

RULES = 1_000
LIMIT = 100_000
"""Requests a second: far above what any gateway does on one core, so that none is refused."""
KEPT = ("per_second", "p50_ms", "p99_ms", "cpu_us", "rss_mib", "pss_mib")
BODIES = ("per_second", "mib_per_second", "p50_ms", "p99_ms", "cpu_us", "rss_mib")
PUBLISH = (
    *("publish_s", "before_p999_ms", "publish_p999_ms", "publish_max_ms"),
    *("one_rule_s", "one_rule_p999_ms", "one_rule_max_ms", "failed", "rss_mib"),
)


class Scenario(NamedTuple):
    name: str
    title: str
    measure: Callable[[Behind], Measure]
    """Made anew for each run, from what is behind the gateways."""
    columns: tuple[str, ...]
    rules: int = RULES
    """Of Weir, besides the one that proxies."""
    peer_rules: int = 0
    is_echo: bool = False
    has_loads: bool = False
    """Whether latency is measured at two fixed loads as well."""
    limit: int = 0
    """Requests in any second for the whole cluster, which are counted in one Redis; 0: none is started."""


def _always(measure: Measure) -> Callable[[Behind], Measure]:
    return lambda _: measure


def _limited(behind: Behind) -> Measure:
    assert behind.store is not None
    return measures.limited(behind.store, [known.name for known in KNOWN if known.counts])


SCENARIOS = (
    Scenario(
        "small",
        f"Small GET on kept connections; Weir with {RULES} rules, the others with none",
        _always(measures.closed_loop()),
        (*KEPT, "equal_p50_ms", "equal_p99_ms", "half_p50_ms", "half_p99_ms"),
        has_loads=True,
    ),
    Scenario(
        "varied",
        f"Small GET with another path each time, on kept connections; Weir with {RULES} rules, the others with none",
        _always(measures.varied()),
        KEPT,
    ),
    Scenario(
        "rules",
        f"Small GET on kept connections; everybody with the same {RULES} rules",
        _always(measures.closed_loop()),
        (*KEPT, "equal_p50_ms", "equal_p99_ms", "half_p50_ms", "half_p99_ms"),
        peer_rules=RULES,
        has_loads=True,
    ),
    Scenario(
        "limit",
        f"Small GET on kept connections, at most {LIMIT} a second for the whole cluster, counted in Redis",
        _limited,
        (*KEPT, "store_us", "store_calls"),
        limit=LIMIT,
    ),
    Scenario(
        "new_connection",
        "Small GET, a new connection each time",
        _always(measures.closed_loop("/", measures.CONNECTIONS, "-H", "Connection: close")),
        KEPT,
    ),
    Scenario(
        "download_64KiB",
        "GET of 64 KiB",
        _always(measures.closed_loop("/64KiB", measures.CONNECTIONS)),
        BODIES,
    ),
    Scenario("download_10MiB", "GET of 10 MiB", _always(measures.closed_loop("/10MiB", 4)), BODIES),
    Scenario(
        "upload_64KiB",
        "POST of 64 KiB",
        _always(measures.upload("/take", 64 * 2**10, measures.CONNECTIONS)),
        BODIES,
    ),
    Scenario("upload_10MiB", "POST of 10 MiB", _always(measures.upload("/take", 10 * 2**20, 4)), BODIES),
    Scenario(
        "idle",
        "Small GET beside idle connections",
        lambda _: measures.idle(),
        ("idle_kib", *KEPT),
    ),
    Scenario(
        "websocket",
        "WebSocket echo of 64 bytes",
        _always(measures.websocket),
        KEPT,
        is_echo=True,
    ),
    Scenario(
        "publish",
        "A publish under load: many new rules, then one changed rule",
        lambda behind: lambda gateway, options: publish.one_round(gateway, behind.port, options),
        PUBLISH,
        rules=publish.FEW,
        peer_rules=publish.FEW,
    ),
)
