"""Leases and results of checks in a real store; time is injected where it decides."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from typing import Any

import msgspec

from tests.support.servers import RunningServer
from weir.store.connect import Client, connect
from weir.store.health import (
    MAX_CHECKS,
    MAX_TOLD,
    HealthCalls,
    Lease,
    Result,
    Seen,
    View,
    read_lease,
    read_view,
)
from weir.store.keys import Keys

NOW = 1_700_000_000_000
HOUR = 3_600_000
HEALTHY = Result(True, 0, "passed", "", "n1")


def look(client: Client, keys: Keys, since: int, now: int) -> View:
    return read_view(client.pipeline([HealthCalls(keys, "n2").view(since, str(now))])[0], since)


def test_results_are_told_once_and_with_their_age(client: Client, keys: Keys) -> None:
    failing = Result(False, 2, "status", "503", "n1")
    assert client.pipeline([HealthCalls(keys, "n1").result("c", failing, 60_000, str(NOW))]) == [1]
    view = look(client, keys, 0, NOW + 250)
    assert [(seen.check, seen.age_ms, seen.result) for seen in view.results] == [("c", 250, failing)]
    assert look(client, keys, view.since + 1, NOW + 900).results == ()


def test_results_of_before_the_clock_was_set_back_grow_old_and_new_ones_are_told(
    client: Client, keys: Keys
) -> None:
    def look(since: int, now: int) -> View:
        return read_view(client.pipeline([calls.view(since, str(now))])[0], since)

    calls, then = HealthCalls(keys, "n1"), NOW - HOUR
    client.pipeline(
        [calls.result("old", HEALTHY, 60_000, str(NOW - 700)), calls.result("new", HEALTHY, 60_000, str(NOW))]
    )
    since = look(0, NOW + 10).since
    seen = look(since, then)
    assert {one.check: one.age_ms for one in seen.results} == {"old": 700, "new": 0}
    assert seen.since == then
    client.pipeline([calls.result("old", HEALTHY, 60_000, str(then + 500))])
    assert {one.check: one.age_ms for one in look(seen.since + 1, then + 900).results} == {"old": 400}
    assert {one.check: one.age_ms for one in look(0, then + 900).results} == {"old": 400, "new": 900}


def test_a_lease_of_before_the_clock_was_set_back_lives_no_longer_than_any(
    client: Client, keys: Keys
) -> None:
    client.pipeline([HealthCalls(keys, "dead").lease("c", HOUR)])
    refused = read_lease(client.pipeline([HealthCalls(keys, "n1").lease("c", 1_500)])[0], "c")
    assert (refused.mine, refused.holder, refused.left_ms) == (False, "dead", 1_500)
    assert 0 < client.call("PTTL", keys.health_lease("c")) <= 1_500


def test_who_lost_the_lease_publishes_nothing(client: Client, keys: Keys) -> None:
    first, second = HealthCalls(keys, "n1"), HealthCalls(keys, "n2")
    client.pipeline([first.lease("c", 60_000)])
    assert client.pipeline([second.result("c", HEALTHY, 60_000)]) == [0]
    assert client.pipeline([first.result("c", HEALTHY, 60_000)]) == [1]


def test_a_lease_is_renewed_by_its_owner_only(client: Client, keys: Keys) -> None:
    first, second = HealthCalls(keys, "n1"), HealthCalls(keys, "n2")
    taken, refused, again = client.pipeline(
        [first.lease("c", 1_000), second.lease("c", 9_000), first.lease("c", 60_000)]
    )
    assert read_lease(taken, "c") == Lease(True, 1_000, "n1")
    assert read_lease(refused, "c").holder == "n1"
    assert not read_lease(refused, "c").mine
    assert read_lease(again, "c") == Lease(True, 60_000, "n1")


def test_with_a_lease_comes_what_was_found_last(client: Client, keys: Keys) -> None:
    first, second, failing = (
        HealthCalls(keys, "n1"),
        HealthCalls(keys, "n2"),
        Result(False, 0, "status", "", "n1"),
    )
    client.pipeline([first.result("c", failing, 60_000, str(NOW))])
    again, refused = client.pipeline(
        [first.lease("c", 1_000, str(NOW + 250)), second.lease("c", 1_000, str(NOW + 250))]
    )
    assert read_lease(again, "c").last == Seen("c", 250, failing)
    assert read_lease(refused, "c").last is None
    client.call("DEL", keys.health_lease("c"))
    taken, back = client.pipeline(
        [second.lease("c", 1_000, str(NOW + 900)), second.lease("c", 1_000, str(NOW - HOUR))]
    )
    assert read_lease(taken, "c").last == Seen("c", 900, failing)
    assert read_lease(back, "c").last == Seen("c", 0, failing)


def test_more_results_than_one_view_tells_come_with_the_next(client: Client, keys: Keys) -> None:
    def look(since: int) -> View:
        return read_view(client.pipeline([calls.view(since, str(NOW + 5))])[0], since)

    calls, places = HealthCalls(keys, "n1"), range(2 * MAX_TOLD + 10)
    client.pipeline(
        [calls.result(f"c{place}", HEALTHY, 60_000, str(NOW + place // 1005)) for place in places]
    )
    view, told, looks = look(0), set[str](), 1
    assert len(view.results) == MAX_TOLD
    while view.more:
        told |= {one.check for one in view.results}
        view, looks = look(view.since), looks + 1
    told |= {one.check for one in view.results}
    assert len(told) > len(places) - 20  # of a thousandth of a second with more than a view can tell
    assert looks <= 5
    assert look(view.since).since == view.since


def test_there_is_a_bound_of_checks(client: Client, keys: Keys) -> None:
    calls = HealthCalls(keys, "n1")
    known = [argument for place in range(MAX_CHECKS) for argument in (NOW, f"c{place}")]
    client.call("ZADD", keys.health_checked(), *known)
    assert client.pipeline([calls.result("one more", HEALTHY, 1000, str(NOW))]) == [-1]
    assert client.pipeline([calls.result("c0", HEALTHY, 1000, str(NOW))]) == [1]


def test_a_result_of_another_shape_is_left_out() -> None:
    data = msgspec.msgpack.encode({"of": "tomorrow"})
    assert read_view([NOW, [], [], [b"c", NOW, data], 1], 0) == View(frozenset(), {}, (), NOW)


def _prober(url: str, node: str, lease_ms: int, go: Any) -> None:
    """Asks for the lease again and again, and says when it has it."""
    client, calls = connect(url), HealthCalls(Keys("test"), node)
    go.wait()
    while True:
        (reply,) = client.pipeline([calls.lease("c", lease_ms)])
        lease = read_lease(reply, "c")
        if lease.mine:
            client.call("RPUSH", "won", f"{node} {os.getpid()} {time.monotonic()}")
        time.sleep(lease_ms / 3000 if lease.mine else lease.left_ms / 1000 + 0.01)


def _won(client: Client, count: int, within_s: float = 30.0) -> list[tuple[str, int, float]]:
    """At least so many turns of whoever had the lease, in their order."""
    until = time.monotonic() + within_s
    while len(found := client.call("LRANGE", "won", 0, -1)) < count:
        assert time.monotonic() < until
        time.sleep(0.02)
    return [(node, int(pid), float(at)) for node, pid, at in (line.decode().split() for line in found)]


def test_of_many_processes_one_checks_and_when_it_is_killed_another(
    server: RunningServer, client: Client
) -> None:
    spawning = multiprocessing.get_context("spawn")
    go, interval_s = spawning.Event(), 1.0
    lease_ms = int(1.5 * interval_s * 1000)
    processes = [
        spawning.Process(target=_prober, args=(server.url, f"n{place}", lease_ms, go), daemon=True)
        for place in range(5)
    ]
    for process in processes:
        process.start()
    try:
        go.set()
        turns = _won(client, 4)
        assert len({node for node, _, _ in turns}) == 1
        node, pid, _ = turns[0]
        os.kill(pid, signal.SIGKILL)
        died = time.monotonic()
        before = len(client.call("LRANGE", "won", 0, -1))
        others = _won(client, before + 3)[before:]
        assert {other for other, _, _ in others} != {node}
        assert len({other for other, _, _ in others}) == 1
        assert others[0][2] - died <= 2 * interval_s + 1.0  # a busy machine may run the follower late
    finally:
        for process in processes:
            process.kill()
            process.join()
