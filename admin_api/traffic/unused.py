"""Rules that nobody hit for some days, and how much that says. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from admin_api.traffic.times import DAY_MS, MINUTE_MS
from weir.api.traffic import UnusedRule
from weir.store.usage_read import About, Hits

MINUTES_A_DAY = 1440


def unused_rules(rules: Sequence[tuple[str, str]], hits: Hits, about: About, days: int) -> list[UnusedRule]:
    """``rules`` are owners and names, in the order of ``hits``. Never hit first, then the longest ago."""
    before = about.now_ms // MINUTE_MS - days * MINUTES_A_DAY
    found = [
        UnusedRule(owner=owner, rule=rule, last_hit_ms=(minute or 0) * MINUTE_MS)
        for (owner, rule), minute in zip(rules, hits.minutes, strict=True)
        if minute is None or minute < before
    ]
    return sorted(found, key=lambda each: (each.last_hit_ms, each.owner, each.rule))


def counting_since_ms(hits: Hits, about: About) -> int:
    """Since when every hit is known; 0: nothing was counted."""
    return max(about.since_ms, hits.since_minute * MINUTE_MS) if about.since_ms else 0


def days_counted(since_ms: int, about: About) -> float:
    return round((about.now_ms - since_ms) / DAY_MS, 3) if since_ms else 0.0
