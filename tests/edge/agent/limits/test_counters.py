"""What a key tells the store, and what it makes of the replies."""

from __future__ import annotations

from typing import Any

import pytest

from edge.agent.limits.counters import Me, Quota, Sliding, Smooth, counter_for
from edge.agent.limits.stock import Cluster, Names
from edge.agent.limits.table import Table
from edge.limiting.wire import Terms
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.limits import Wish
from weir.store.script_calls import ScriptCall

ME = Me(Keys("test"), "n1", "h1", 7)
TERMS = Terms("file/gold", "sliding", 1000, 10_000, 1, "share", 0)


def arguments(call: ScriptCall) -> dict[str, Any]:
    names = (*call.script.keys, *call.script.arguments)
    return dict(zip(names, call.command[1:], strict=False))


def lease(bucket: int, granted: int = 0, birth: bytes = b"x") -> list[Any]:
    return [granted, 100, 0, 500, 900, bucket, birth]


def back(call: ScriptCall) -> tuple[Any, ...]:
    said = arguments(call)
    return tuple(said[name] for name in ("back_bucket", "back_birth", "back", "back_number"))


def test_what_comes_back_is_said_in_the_same_words_until_there_is_a_reply() -> None:
    counter = Sliding(ME, TERMS, "")
    counter.give_back((5, "x"), 3)
    counter.give_back((5, "x"), 4)
    assert back(counter.call(1000, Wish(1), "y")) == (5, "x", 7, 1)
    counter.give_back((5, "x"), 1)
    assert back(counter.call(1000, Wish(1), "y")) == (5, "x", 7, 1), "the store may have taken it"
    counter.heard(lease(6))
    assert counter.owes
    assert back(counter.call(1000, Wish(1), "y")) == (5, "x", 1, 2)
    assert counter.owes
    counter.heard(lease(6))
    assert not counter.owes
    assert back(counter.call(1000, Wish(1), "y")) == (0, "", 0, 0)


def test_a_counter_that_begins_anew_is_another_holder_since_its_numbers_do() -> None:
    holders = {arguments(Sliding(ME, TERMS, "").call(1, Wish(1), "y"))["holder"] for _ in range(3)}
    assert len(holders) == 3
    assert all(holder.startswith(ME.holder) for holder in holders)


def test_the_oldest_tokens_come_back_first() -> None:
    counter = Sliding(ME, TERMS, "")
    counter.give_back((6, "x"), 3)
    counter.give_back((5, "x"), 4)
    assert back(counter.call(1000, Wish(1), "y")) == (5, "x", 4, 1)
    counter.heard(lease(6))
    assert back(counter.call(1000, Wish(1), "y")) == (6, "x", 3, 2)


def test_what_the_ring_has_forgotten_is_not_owed() -> None:
    counter = Sliding(ME, TERMS, "")
    counter.give_back((5, "x"), 3)
    counter.call(1000, Wish(0), "y")
    counter.give_back((5, "x"), 3)
    counter.heard(lease(27))
    assert not counter.owes


@pytest.mark.parametrize(("bucket", "lost"), [(26, True), (27, False)])
def test_a_younger_ring_within_a_window_is_a_loss(bucket: int, lost: bool) -> None:
    counter = Sliding(ME, TERMS, "")
    assert not counter.heard(lease(5, granted=1)).lost
    assert counter.heard(lease(bucket, birth=b"other")).lost is lost


def test_a_ring_that_was_carried_to_another_time_is_no_loss_and_remembered_by_it() -> None:
    counter = Sliding(ME, TERMS, "")
    counter.heard(lease(5000, granted=1))
    assert not counter.heard(lease(5, birth=b"x:y")).lost
    assert counter.heard(lease(5 + 1 + counter.further + 21, birth=b"other")).lost
    assert not counter.heard(lease(5 + 1 + counter.further + 22, birth=b"other")).lost


def test_a_loss_is_seen_by_the_latest_bucket_in_which_something_was_granted() -> None:
    counter = Sliding(ME, TERMS, "")
    for bucket in (8, 5):
        counter.heard(lease(bucket, granted=1))
    assert counter.heard(lease(29, birth=b"other")).lost


@pytest.mark.parametrize(("bucket", "lost"), [(29, True), (30, False)])
def test_what_is_booked_further_says_when_it_was_asked_for(bucket: int, lost: bool) -> None:
    counter = Sliding(ME, TERMS, "")
    counter.heard(lease(5, granted=1))
    assert arguments(counter.call(1000, Wish(1, further=3), "y"))["further"] == 3
    counter.give_back((8, "x"), 1)
    assert counter.heard(lease(bucket, birth=b"other")).lost is lost
    assert counter.owes


def test_a_quota_says_its_own_counts_and_how_much_all_had_taken() -> None:
    counter = Quota(ME, TERMS._replace(window="calendar"), "")
    counter.call(1000, Wish(1), "")
    grant = counter.heard([3, 90, 0, 5000, 42, b"ok", [b"n2", 7, 1, b"n1", 3, 0]])
    assert (grant.tokens, grant.place, grant.ttl_s, grant.refused) == (3, (42, ""), 5.0, False)
    counter.give_back((42, ""), 2)
    counter.give_back((41, ""), 1)
    assert counter.owes
    said = counter.call(1000, Wish(0), "")
    assert said.command[-3:] == ["n1", 3, 2]
    assert arguments(said)["heard"] == 10
    assert "n2" not in said.command
    counter.heard([0, 90, 0, 5000, 42, b"ok", [b"n2", 7, 1, b"n1", 3, 2]])
    assert not counter.owes


@pytest.mark.parametrize("why", [b"lost", b"ok"])
def test_a_quota_says_all_that_it_heard_once_the_store_knows_less(why: bytes) -> None:
    counter = Quota(ME, TERMS._replace(window="calendar"), "")
    counter.heard([3, 90, 0, 5000, 42, b"ok", [b"n2", 7, 1, b"n1", 3, 0]])
    grant = counter.heard([0, 97, 0, 5000, 42, why, [b"n2", 6, 2, b"n3", 9, 0, b"n1", 3, 0]])
    assert (grant.again, grant.refused) == (why == b"lost", False)
    assert counter.owes, "also of a node that has no demand now"
    assert counter.call(1000, Wish(1), "").command[-9:] == ["n2", 7, 2, "n1", 3, 0, "n3", 9, 0]
    counter.heard([1, 80, 0, 5000, 42, b"ok", [b"n2", 7, 2, b"n3", 9, 0, b"n1", 4, 0]])
    assert not counter.owes
    assert counter.call(1000, Wish(1), "").command[-3:] == ["n1", 4, 0]


def test_a_quota_never_returns_more_than_it_was_granted() -> None:
    counter = Quota(ME, TERMS._replace(window="calendar"), "")
    counter.heard([3, 90, 0, 5000, 42, b"ok", [b"n1", 3, 0]])
    counter.give_back((42, ""), 9)
    assert counter.call(1000, Wish(0), "").command[-3:] == ["n1", 3, 3]


def test_a_quota_keeps_the_greater_counts_of_a_store_that_lost_some() -> None:
    counter = Quota(ME, TERMS._replace(window="calendar"), "")
    counter.heard([3, 90, 0, 5000, 42, b"ok", [b"n2", 7, 2, b"n1", 3, 0]])
    counter.heard([0, 92, 0, 5000, 42, b"ok", [b"n2", 5, 1, b"n1", 3, 0]])
    assert counter.call(1000, Wish(1), "").command[-6:] == ["n2", 7, 2, "n1", 3, 0]


def test_a_window_of_a_quota_begins_with_nothing_of_the_one_before() -> None:
    counter = Quota(ME, TERMS._replace(window="calendar"), "")
    counter.heard([3, 90, 0, 5000, 42, b"ok", [b"n2", 7, 1, b"n1", 3, 0]])
    counter.heard([1, 99, 0, 5000, 43, b"ok", [b"n1", 1, 0]])
    said = counter.call(1000, Wish(1), "")
    assert arguments(said)["window"] == 43
    assert said.command[-3:] == ["n1", 1, 0]
    assert "n2" not in said.command


@pytest.mark.parametrize("why", [b"fenced", b"full"])
def test_a_quota_that_will_not_count_for_this_node_is_a_refusal(why: bytes) -> None:
    assert Quota(ME, TERMS, "").heard([0, 9, 5, 5, 1, why, [b"n1", 0, 0]]).refused


def test_a_smooth_limits_burst_is_at_least_the_cost() -> None:
    counter = Smooth(ME, TERMS._replace(window="smooth", burst=2), "")
    assert arguments(counter.call(1000, Wish(5, 5), ""))["burst"] == 5
    assert not counter.owes


def test_a_published_burst_holds_from_the_next_call() -> None:
    terms = TERMS._replace(window="smooth", burst=50)
    keys = Table(ME, Names(1))
    stock = keys.stock(terms, "", 1.0)
    stock.touched = 1.0
    assert keys.stock(terms._replace(burst=5, most=10), "", 2.0) is stock
    said = arguments(stock.counter.call(stock.most(Cluster(1, 4, 0.0)), Wish(1), ""))
    assert (said["burst"], said["most"]) == (5, 10)


@pytest.mark.parametrize(("granted", "reset_s"), [(1, 3600.0), (0, 36.0)])
def test_who_is_refused_by_a_smooth_limit_hears_of_the_next_tokens_and_not_of_the_whole_burst(
    granted: int, reset_s: float
) -> None:
    counter = Smooth(ME, TERMS._replace(window="smooth"), "")
    assert counter.heard([granted, 0, 0 if granted else 36_000, 3_600_000]).reset_s == reset_s


def test_each_grant_of_a_smooth_limit_is_a_lease_of_its_own() -> None:
    """So that tokens of an earlier one do not live as long as those of a later one."""
    counter = Smooth(ME, TERMS._replace(window="smooth"), "")
    first, second = (counter.heard([1, 0, 0, 50]) for _ in range(2))
    assert first.place != second.place


@pytest.mark.parametrize(("window", "kind"), [("sliding", Sliding), ("smooth", Smooth), ("calendar", Quota)])
def test_every_window_has_its_counter_which_refuses_odd_replies(window: str, kind: type) -> None:
    counter = counter_for(ME, TERMS._replace(window=window), "")
    assert type(counter) is kind
    with pytest.raises(StoreError):
        counter.heard(b"odd")
