"""The scripts of limits on real servers, with injected time: against their models, and what no history may break."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.limit_histories import START, run_history, source
from tests.support.quota_histories import run_quota, run_smooth
from tests.support.servers import RunningServer
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.limits import (
    MAX_NODES,
    Back,
    Count,
    Level,
    Usage,
    Window,
    Wish,
    gcra_call,
    lease_of,
    level_of,
    limit_call,
    limit_tag,
    quota_call,
    usage_of,
    window_of,
)
from weir.store.script_calls import ScriptCall
from weir.store.scripts import script

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Send = Callable[[ScriptCall], Any]


@pytest.fixture
def send(client: Client) -> Send:
    def one(call: ScriptCall) -> Any:
        (reply,) = client.pipeline([call])
        if isinstance(reply, Exception):
            raise reply
        return reply

    return one


# The sliding ring


@quick
@given(random=st.randoms(use_true_random=False))
def test_no_window_sees_more_than_its_limit_and_the_model_agrees(
    server: RunningServer, random: Random
) -> None:
    run_history(server.admin(), source(), random)


@quick
@given(random=st.randoms(use_true_random=False))
def test_the_model_agrees_when_the_store_forgets_and_holders_lie(
    server: RunningServer, random: Random
) -> None:
    run_history(server.admin(), source(), random, losses=True)


def take(send: Send, keys: Keys, at: int, want: int, **more: Any) -> Any:
    wish = Wish(want, more.pop("least", 1), more.pop("divisor", 1), more.pop("further", 0))
    options = {"holder": "a", "new_birth": "x"} | more
    call = limit_call(keys, "tag", Window(1000, 10), options.pop("most", 100), wish, at=at, **options)
    return lease_of(send(call))


def test_a_lease_ends_with_the_next_bucket(send: Send, keys: Keys) -> None:
    lease = take(send, keys, START + 250, 5)
    assert (lease.granted, lease.left, lease.ttl_ms, lease.wait_ms) == (5, 95, 1750, 0)


def test_a_lease_whose_end_is_put_off_counts_so_much_longer(send: Send, keys: Keys) -> None:
    lease = take(send, keys, START + 250, 70, further=3)
    assert (lease.granted, lease.left, lease.ttl_ms, lease.bucket) == (70, 30, 4750, START // 1000 + 3)
    assert take(send, keys, START + 300, 30).reset_ms == 11_700, "what counts the shortest is over first"
    assert take(send, keys, START + 12_000, 31).granted == 30, "no more than that has left the window"
    assert take(send, keys, START + 14_999, 100, least=100).granted == 0
    assert take(send, keys, START + 15_000, 70, least=70).granted == 70


def test_a_clock_that_had_run_ahead_takes_along_what_was_put_off(send: Send, keys: Keys) -> None:
    take(send, keys, START + 100_250, 100, further=3)
    assert take(send, keys, START + 999, 1).wait_ms == 15_001


def test_a_ring_that_was_carried_is_of_the_same_family(send: Send, keys: Keys) -> None:
    for at, birth in (
        (START + 100_000, "one"),
        (START, "two"),
        (START - 100_000, "three"),
        (START - 99_000, "four"),
    ):
        last = take(send, keys, at, 1, new_birth=birth)
    assert (last.left, last.birth) == (96, "one:three")


def test_a_ring_lives_as_long_as_a_holder_remembers_a_grant_that_came_back_whole(
    send: Send, keys: Keys, server: RunningServer
) -> None:
    take(send, keys, START, 1)
    lease = take(send, keys, START + 5000, 10)
    take(send, keys, START + 5500, 0, back=Back(lease.bucket, lease.birth, 10, 1))
    assert 12_000 < server.admin().pttl(keys.limit_ring("tag", 1000, 10)) <= 13_000


def test_what_is_left_is_shared_until_the_last_are_granted_singly(send: Send, keys: Keys) -> None:
    assert [take(send, keys, START, 100, divisor=2).granted for _ in range(8)] == [50, 25, 12, 6, 3, 2, 1, 1]


def test_a_grant_below_what_is_of_use_is_none_and_says_how_long(send: Send, keys: Keys) -> None:
    take(send, keys, START, 40)
    take(send, keys, START + 2000, 58)
    refused = take(send, keys, START + 2500, 10, least=5)
    assert (refused.granted, refused.left, refused.wait_ms, refused.reset_ms) == (0, 2, 9500, 9500)
    later = take(send, keys, START + 2500, 50, least=50)
    assert (later.granted, later.wait_ms) == (0, 11_500)


@pytest.mark.parametrize(("early", "granted"), [(1, 0), (0, 5)])
def test_nothing_can_be_had_before_the_wait_is_over_and_then_it_can(
    send: Send, keys: Keys, early: int, granted: int
) -> None:
    take(send, keys, START + 300, 100)
    wait = take(send, keys, START + 700, 5).wait_ms
    assert take(send, keys, START + 700 + wait - early, 5).granted == granted


def test_a_refusal_writes_nothing(send: Send, keys: Keys, server: RunningServer) -> None:
    take(send, keys, START, 100)
    before = server.admin().hgetall(keys.limit_ring("tag", 1000, 10))
    assert take(send, keys, START + 20, 1).granted == 0
    assert server.admin().hgetall(keys.limit_ring("tag", 1000, 10)) == before


def test_tokens_come_back_once_however_often_it_is_said(send: Send, keys: Keys) -> None:
    lease = take(send, keys, START, 100)
    back = Back(lease.bucket, lease.birth, 30, 1)
    assert [take(send, keys, START + 1500, 0, back=back).left for _ in range(3)] == [30, 30, 30]
    assert take(send, keys, START + 1500, 0, back=Back(lease.bucket, lease.birth, 10, 2)).left == 40
    assert take(send, keys, START + 1500, 0, back=back).left == 40, "said long ago, carried out late"


def test_what_comes_back_to_an_older_bucket_is_taken_and_only_once(send: Send, keys: Keys) -> None:
    old = take(send, keys, START, 50)
    new = take(send, keys, START + 1000, 50)
    backs = [Back(new.bucket, new.birth, 20, 1), Back(old.bucket, old.birth, 10, 2)]
    left = [take(send, keys, START + 1500, 0, back=back).left for back in (*backs, *backs)]
    assert left == [20, 30, 30, 30]
    assert take(send, keys, START + 12_000, 1).left == 69, "the older bucket has left the window"
    assert take(send, keys, START + 12_000, 0, back=backs[0]).left == 69


def test_a_limit_that_was_lowered_refuses_until_enough_has_left_the_window(send: Send, keys: Keys) -> None:
    take(send, keys, START, 100)
    assert take(send, keys, START + 1000, 1, most=10).left == -90
    assert take(send, keys, START + 12_000, 10, most=10).granted == 10


def test_a_ring_lives_three_buckets_longer_than_its_window(
    send: Send, keys: Keys, server: RunningServer
) -> None:
    take(send, keys, START, 1)
    assert 12_000 < server.admin().pttl(keys.limit_ring("tag", 1000, 10)) <= 13_000
    take(send, keys, START, 1, further=3)
    take(send, keys, START + 1000, 1)
    assert 14_000 < server.admin().pttl(keys.limit_ring("tag", 1000, 10)) <= 15_000, (
        "as long as all that counts"
    )


def test_the_hash_of_a_ring_has_a_field_for_each_bucket_and_each_holder(
    send: Send, keys: Keys, server: RunningServer
) -> None:
    for second in range(100):
        for holder in "abc":
            lease = take(send, keys, START + second * 1000, 3, holder=holder)
            back = Back(lease.bucket, lease.birth, 1, second + 1)
            take(send, keys, START + second * 1000, 0, back=back, holder=holder)
    assert server.admin().hlen(keys.limit_ring("tag", 1000, 10)) == 2 + 12 + 3


def test_thousands_of_holders_leave_a_ring_at_once(send: Send, keys: Keys, server: RunningServer) -> None:
    lease, holders = take(send, keys, START, 1), 10_000
    gone = {f"r{number:016x}": f"1:{lease.bucket}" for number in range(holders)}
    server.admin().hset(keys.limit_ring("tag", 1000, 10), mapping=gone)
    assert take(send, keys, START + 12_000, 7).left == 93
    assert server.admin().hlen(keys.limit_ring("tag", 1000, 10)) == 3


def test_the_servers_own_clock_is_used(send: Send, keys: Keys, server: RunningServer) -> None:
    call = limit_call(keys, "tag", Window(1000, 10), 5, Wish(1), holder="a", new_birth="x")
    assert abs(lease_of(send(call)).bucket - server.admin().time()[0]) <= 10


# The smooth limit


@quick
@given(random=st.randoms(use_true_random=False))
def test_a_smooth_limit_is_its_model(server: RunningServer, random: Random) -> None:
    run_smooth(server.admin(), script("gcra").source, random)


def test_thirds_come_to_a_whole_burst(send: Send, keys: Keys) -> None:
    replies = [level_of(send(gcra_call(keys, "t", 3_600_000, 7, 3, Wish(1), at=START))) for _ in range(4)]
    assert [reply.granted for reply in replies] == [1, 1, 1, 0]
    assert replies[-1] == Level(0, 0, 514_286, 1_542_858)


# The quota


@quick
@given(random=st.randoms(use_true_random=False))
def test_a_quota_is_its_model_whatever_is_lost_and_said_again(server: RunningServer, random: Random) -> None:
    run_quota(server.admin(), script("quota").source, random)


def quota(send: Send, keys: Keys, node: str, want: int, known: tuple[Count, ...] = (), **more: Any) -> Usage:
    options = {"life": 1, "window": START // 86_400_000, "at": START} | more
    most = options.pop("most", 100)
    call = quota_call(keys, "q", 86_400_000, most, Wish(want), node=node, known=known, **options)
    return usage_of(send(call))


def test_a_cost_above_what_a_quota_has_left_is_not_granted(send: Send, keys: Keys) -> None:
    def costly(cost: int) -> Usage:
        wish = Wish(cost, least=cost)
        call = quota_call(keys, "q", 86_400_000, 10, wish, node="a", life=1, window=0, known=())
        return usage_of(send(call))

    assert [costly(3).granted for _ in range(4)] == [3, 3, 3, 0]
    assert (costly(1).granted, costly(1).granted) == (1, 0)


def test_any_node_restores_what_all_had_taken(send: Send, keys: Keys, server: RunningServer) -> None:
    quota(send, keys, "a", 30)
    knows = quota(send, keys, "b", 20).counts
    server.admin().flushall()
    assert quota(send, keys, "b", 10, knows).left == 40
    assert quota(send, keys, "a", 0, (Count("a", 30, 0),)).left == 40


@quick
@given(random=st.randoms(use_true_random=False))
def test_however_counts_are_lost_and_merged_they_end_at_what_was_taken(
    send: Send, keys: Keys, server: RunningServer, random: Random
) -> None:
    """Never above it on the way: nothing is counted twice."""
    server.admin().delete(keys.limit_quota("q", 86_400_000))
    taken = dict.fromkeys("abc", 0)
    own: dict[str, Count] = {node: Count(node, 0, 0) for node in "abc"}
    for _ in range(25):
        node = random.choice("abc")
        usage = quota(send, keys, node, random.choice((0, 1, 4)), (own[node],))
        taken[node] += usage.granted
        own[node] = usage.counts[-1]
        assert 100 - usage.left <= sum(taken.values())
        if random.random() < 0.2:
            server.admin().delete(keys.limit_quota("q", 86_400_000))
    for node in "abc":
        left = quota(send, keys, node, 0, (own[node],)).left
    assert left == 100 - sum(taken.values())


def test_a_later_life_of_a_node_fences_the_earlier_one(send: Send, keys: Keys) -> None:
    quota(send, keys, "a", 10, life=1)
    assert quota(send, keys, "a", 10, life=2).counts == (Count("a", 20, 0),)
    fenced = quota(send, keys, "a", 10, (Count("a", 10, 0),), life=1)
    assert (fenced.granted, fenced.why, fenced.left) == (0, "fenced", 80)


def test_a_node_that_knows_of_more_than_the_store_is_asked_to_say_all_of_it(send: Send, keys: Keys) -> None:
    quota(send, keys, "a", 10)
    lost = quota(send, keys, "b", 1, (Count("b", 5, 0),), heard=16)
    assert (lost.granted, lost.why, lost.left) == (0, "lost", 85)
    again = quota(send, keys, "b", 1, (Count("c", 1, 0), Count("b", 5, 0)), heard=16)
    assert (again.granted, again.why, again.left) == (1, "ok", 83)
    later = quota(send, keys, "b", 1, (), heard=10**6, window=1)
    assert (later.granted, later.why) == (1, "ok"), "that was another window"


def test_a_clock_that_had_run_ahead_is_followed_and_the_counts_come_along(
    send: Send, keys: Keys, server: RunningServer
) -> None:
    day = 86_400_000
    quota(send, keys, "a", 100, at=START + 2 * day)
    server.admin().pexpire(keys.limit_quota("q", day), 365 * day)
    refused = quota(send, keys, "b", 1)
    assert (refused.granted, refused.window, refused.left) == (0, START // day, 0)
    assert server.admin().pttl(keys.limit_quota("q", day)) <= day + 60_000, (
        "not as long as the clock was ahead"
    )
    assert quota(send, keys, "b", 1, at=START + day).granted == 1


def test_a_clock_that_had_run_ahead_by_less_stands_still(send: Send, keys: Keys) -> None:
    day = 86_400_000
    quota(send, keys, "a", 100, at=START + day)
    assert quota(send, keys, "b", 1).window == START // day + 1


def test_as_many_counts_as_there_may_be_are_restored_at_once(send: Send, keys: Keys) -> None:
    counts = tuple(Count(f"n{number}", 5, 1) for number in range(MAX_NODES))
    restored = quota(send, keys, "n0", 1, counts, most=MAX_NODES * 5, heard=MAX_NODES * 5)
    assert (restored.granted, restored.left, len(restored.counts)) == (1, MAX_NODES - 1, MAX_NODES)


def test_a_quota_lives_a_minute_longer_than_its_window(send: Send, keys: Keys, server: RunningServer) -> None:
    quota(send, keys, "a", 1, at=START // 86_400_000 * 86_400_000)
    assert 86_459_000 < server.admin().pttl(keys.limit_quota("q", 86_400_000)) <= 86_460_000


def test_a_level_lives_until_it_is_empty(send: Send, keys: Keys, server: RunningServer) -> None:
    send(gcra_call(keys, "t", 3_600_000, 60, 30, Wish(30), at=START))
    assert 1_799_000 < server.admin().pttl(keys.limit_level("t", 3_600_000)) <= 1_800_000


def test_one_node_too_many_has_no_place(send: Send, keys: Keys, server: RunningServer) -> None:
    key = keys.limit_quota("q", 86_400_000)
    server.admin().hset(key, mapping={"window": START // 86_400_000, "now": START})
    server.admin().hset(key, mapping={f"g:n{number}": 0 for number in range(MAX_NODES - 1)})
    assert quota(send, keys, "last", 1).why == "ok"
    assert quota(send, keys, "more", 1).why == "full"
    assert quota(send, keys, "last", 1).why == "ok"


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2026-11-23", "2026-11-30"),
        ("2026-12-31", "2026-12-31"),
        ("2028-02-01", "2028-02-29"),
        ("2027-02-28",) * 2,
    ],
)
def test_a_month_ends_with_its_last_day_in_utc(send: Send, keys: Keys, day: str, last: str) -> None:
    at = int(datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) * 1000
    end = int(datetime.datetime.fromisoformat(f"{last}T00:00:00+00:00").timestamp()) * 1000 + 86_400_000
    call = quota_call(keys, "m", 0, 10, Wish(1), node="a", life=1, window=0, known=(), at=at)
    usage = usage_of(send(call))
    assert (usage.ttl_ms, usage.window) == (end - at, int(day[:4]) * 12 + int(day[5:7]) - 1)


# Values


@pytest.mark.parametrize(
    ("per_ms", "window"),
    [
        (1, Window(1, 1)),
        (25, Window(13, 2)),
        (100, Window(13, 8)),
        (1000, Window(50, 20)),
        (1001, Window(51, 20)),
        (10_000, Window(500, 20)),
        (60_000, Window(1000, 60)),
        (86_400_000, Window(1_440_000, 60)),
    ],
)
def test_a_window_is_cut_into_buckets_that_cover_it(per_ms: int, window: Window) -> None:
    assert window_of(per_ms) == window
    assert window.bucket_ms * window.buckets >= per_ms


def test_a_tag_tells_limits_and_keys_apart_and_shows_neither() -> None:
    tags = {limit_tag(*pair) for pair in (("a", "b"), ("a", "c"), ("ab", ""), ("a", "\udcff{x}"))}
    assert len(tags) == 4
    assert all(len(tag) == 32 and tag.isalnum() for tag in tags)


@pytest.mark.parametrize("read", [lease_of, level_of, usage_of])
@pytest.mark.parametrize("reply", [None, [], [1, 2], b"ok", [1, 2, 3, 4, 5, b"odd", []]])
def test_a_reply_of_another_shape_is_an_error(read: Callable[[Any], Any], reply: Any) -> None:
    if read is lease_of and isinstance(reply, list) and len(reply) == 7:
        return
    with pytest.raises(StoreError):
        read(reply)
