"""All keys of a node, bounded."""

from __future__ import annotations

import pytest

from edge.agent.limits.counters import Me
from edge.agent.limits.stock import Cluster, Names, Stock
from edge.agent.limits.table import OVERFLOW, Table
from edge.limiting.wire import Terms
from weir.store.keys import Keys

TERMS = Terms("file/gold", "sliding", 10, 60_000, 1, "share", 3)


def table(most: int = 100) -> Table:
    return Table(Me(Keys("test"), "n1", "h", 1), Names(1), most=most)


KEPT_S = 63.0
"""Of its 60 buckets."""
WIDE = TERMS._replace(identity="file/wide", max_keys=0)


def touch(keys: Table, key: str, now: float, terms: Terms = TERMS) -> Stock:
    stock = keys.stock(terms, key, now)
    stock.touched = now
    return stock


def test_a_key_keeps_its_stock_and_learns_of_a_publish() -> None:
    keys = table()
    stock = touch(keys, "a", 1.0)
    assert keys.stock(TERMS._replace(most=20), "a", 2.0) is stock
    assert stock.terms.most == 20


def test_above_max_keys_further_ones_share_one() -> None:
    keys = table()
    stocks = [touch(keys, f"k{number}", 1.0) for number in range(6)]
    assert len({id(stock) for stock in stocks}) == 4
    assert stocks[3] is stocks[5]
    assert (keys.size, keys.overflowed) == (3, 3)
    assert touch(keys, OVERFLOW, 1.0) is stocks[3]


def test_a_key_that_the_store_has_forgotten_makes_place() -> None:
    keys = table()
    for number in range(3):
        touch(keys, f"k{number}", 1.0)
    late = 1.0 + KEPT_S - 0.05
    overflow = touch(keys, "k3", late)
    own = touch(keys, "k3", late + 0.1)
    assert own is not overflow
    assert keys.size == 3


def test_all_limits_together_are_bounded_too() -> None:
    keys = table(most=5)
    for number in range(10):
        touch(keys, "k", 1.0, TERMS._replace(identity=f"file/{number}"))
    assert keys.size == 5


def test_a_sweep_drops_what_is_over() -> None:
    keys = table()
    touch(keys, "a", 1.0)
    touch(keys, "b", 50.0)
    keys.sweep(1.0 + KEPT_S + 0.1)
    assert keys.size == 1
    keys.sweep(200.0)
    assert (keys.size, keys._limits) == (0, {})


@pytest.mark.parametrize(
    ("per_ms", "windows"), [(24, 2.5), (500, 1.4), (1000, 1.3), (10_000, 1.15), (60_000, 1.05)]
)
def test_a_key_is_kept_as_long_as_the_store_keeps_its_ring(per_ms: int, windows: float) -> None:
    keys, terms = table(), TERMS._replace(per_ms=per_ms)
    touch(keys, "a", 100.0, terms)
    keys.sweep(100.0 + windows * per_ms / 1000 - 0.001)
    assert keys.size == 1
    keys.sweep(100.0 + windows * per_ms / 1000 + 0.001)
    assert keys.size == 0


def test_a_smooth_limit_whose_burst_is_above_its_rate_is_kept_until_the_burst_is_there_again() -> None:
    keys, terms = table(), TERMS._replace(window="smooth", per_ms=1000, burst=50)
    touch(keys, "a", 100.0, terms)
    keys.sweep(106.0)
    assert keys.size == 1
    keys.sweep(106.3)
    assert keys.size == 0


def test_in_a_full_table_a_client_of_a_limit_without_a_place_has_one_stock_and_nothing_is_left_of_it() -> (
    None
):
    """A sweep drops what is empty: the stock must not go into what was dropped."""
    names = Names(1)
    keys, narrow = Table(Me(Keys("test"), "n1", "h", 1), names, most=0), TERMS._replace(max_keys=0)
    found = set()
    for number in range(100):
        stock = touch(keys, "client", 1.0 + number / 1000, narrow)
        stock.without_store(1, 1.0, Cluster(1, 1, 0.0))
        found.add(id(stock))
        keys.sweep(1.0 + number / 1000)
    assert len(found) == 1
    assert [each["keys"] for each in keys.counts()] == [1]
    keys.sweep(1000.0)
    assert (names.stocks, keys.counts()) == ({}, [])


def test_a_limit_that_loses_its_last_key_to_a_new_one_counts_one() -> None:
    keys, lone = table(), TERMS._replace(max_keys=1)
    for number in range(30):
        touch(keys, f"k{number}", 100.0 * number, lone)
    assert (keys.size, keys.overflowed) == (1, 0)
    keys.sweep(10_000.0)
    assert (keys.size, keys.counts()) == (0, [])


def test_made_up_keys_of_one_limit_leave_places_to_the_keys_of_others() -> None:
    keys = table(most=1000)
    for number in range(2000):
        touch(keys, f"made up {number}", 1.0, WIDE)
    assert keys.size == 900
    others = [touch(keys, f"k{number}", 1.0, TERMS._replace(max_keys=0)) for number in range(50)]
    assert len({id(stock) for stock in others}) == 50


def test_what_one_limit_takes_it_has_again_when_its_keys_are_over() -> None:
    keys = table(most=10)
    for number in range(40):
        touch(keys, f"k{number}", 1.0 + number // 9 * KEPT_S * 1.01, WIDE)
    assert (keys.size, keys.overflowed) == (9, 0)


def test_a_sweep_frees_places_for_other_limits() -> None:
    keys = table(most=5)
    for number in range(10):
        touch(keys, "k", 1.0, TERMS._replace(identity=f"file/{number}"))
    late = TERMS._replace(identity="file/late")
    shared = touch(keys, "k", 100.0, late)
    assert keys.size == 5
    keys.sweep(100.0)
    assert touch(keys, "k", 100.0, late) is not shared
    assert keys.size == 1
