"""All keys of a node, bounded."""

from __future__ import annotations

from edge.agent.limits.counters import Me
from edge.agent.limits.stock import Names
from edge.agent.limits.table import KEPT, OVERFLOW, Table
from edge.limiting.wire import Terms
from weir.store.keys import Keys

TERMS = Terms("file/gold", "sliding", 10, 60_000, 1, "share", 3)


def table(most: int = 100) -> Table:
    return Table(Me(Keys("test"), "n1", "h", 1), Names(1), most=most)


def touch(keys: Table, key: str, now: float, terms: Terms = TERMS) -> object:
    stock = keys.stock(terms, key, now)
    stock.touched = now
    return stock


def test_a_key_keeps_its_stock_and_learns_of_a_publish() -> None:
    keys = table()
    stock = touch(keys, "a", 1.0)
    assert keys.stock(TERMS._replace(most=20), "a", 2.0) is stock
    assert stock.terms.most == 20  # type: ignore[attr-defined]


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
    late = 1.0 + KEPT * 60 - 0.05
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
    keys.sweep(1.0 + KEPT * 60 + 0.1)
    assert keys.size == 1
    keys.sweep(200.0)
    assert (keys.size, keys._limits) == (0, {})
