"""Rules without hits, and how much that says."""

from __future__ import annotations

from admin_api.traffic.unused import counting_since_ms, days_counted, unused_rules
from weir.store.usage_read import About, Hits

DAY_MS = 86_400_000
NOW_MS = 20_000 * DAY_MS
NOW = NOW_MS // 60_000
ABOUT = About(NOW_MS, NOW_MS - 10 * DAY_MS, 0, 0)
RULES = [("api", "a"), ("api", "b"), ("file", "a"), ("api", "c")]


def test_never_hit_comes_first_and_then_what_was_hit_longest_ago() -> None:
    hits = Hits((NOW - 5 * 1440, NOW - 10, None, NOW - 7 * 1440), 0)
    found = unused_rules(RULES, hits, ABOUT, 3)
    assert [(each.owner, each.rule) for each in found] == [("file", "a"), ("api", "c"), ("api", "a")]
    assert found[0].last_hit_ms == 0
    assert found[1].last_hit_ms == NOW_MS - 7 * DAY_MS


def test_a_hit_just_within_the_days_is_use() -> None:
    assert unused_rules([("api", "a")], Hits((NOW - 3 * 1440,), 0), ABOUT, 3) == []
    assert unused_rules([("api", "a")], Hits((NOW - 3 * 1440 - 1,), 0), ABOUT, 3)


def test_it_is_known_since_counting_began_or_since_the_earliest_hit_that_is_kept() -> None:
    assert counting_since_ms(Hits((), 0), ABOUT) == ABOUT.since_ms
    assert counting_since_ms(Hits((), NOW - 60), ABOUT) == NOW_MS - 3_600_000
    assert counting_since_ms(Hits((), 0), About(NOW_MS, 0, 0, 0)) == 0
    assert (days_counted(ABOUT.since_ms, ABOUT), days_counted(0, ABOUT)) == (10.0, 0.0)
