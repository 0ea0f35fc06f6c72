"""The pipe on a real store that answers, is frozen, or is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event
from prometheus_client import CollectorRegistry

from edge.agent.pipe_lane import MAX_BATCH, MAX_QUEUE
from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.store_pipe import MAX_LANES, UNASKED_S, StorePipe
from tests.support.scattered import ScatteredPipe
from tests.support.servers import Cluster, RunningServer, server_folder, start_server, valkey_binary
from weir.store.connect import Client
from weir.store.errors import StoreAway, StoreError
from weir.store.script_calls import ScriptCall, script_call
from weir.store.topologies import Timeouts, topology_of
from weir.store.url import parse_url

PATIENT_S = 10.0
LIVING = script_call("live_nodes", nodes="{a}", within_ms=600_000, limit=0)


def announced(node: str) -> Any:
    return script_call("announce", nodes="{a}", node=node, forget_ms=600_000, most=10_000)


class Gated(Client):
    """A client whose round trips wait for a gate: without monkey patching a slow server would stop the test itself."""

    def __init__(self, url: str, timeout_s: float) -> None:
        topology = topology_of(parse_url(url), Timeouts(timeout_s, timeout_s))
        super().__init__(topology, url, timeout_s)
        self.gate = Event()
        self.gate.set()

    def pipeline(self, calls: Sequence[ScriptCall]) -> list[Any]:
        self.gate.wait()
        return super().pipeline(calls)


class Piped:
    """A pipe on a server; ``now`` is its breaker's clock."""

    def __init__(self, server: RunningServer | Cluster, timeout_s: float = PATIENT_S) -> None:
        self.server: Any = server
        self.now = 0.0
        self.registry = CollectorRegistry()
        self.client = Gated(server.url, timeout_s)
        self.pipe = StorePipe(self.client, PipeMetrics(self.registry), clock=lambda: self.now)
        self.pipe.start()

    def metric(self, name: str, **labels: str) -> float:
        value = self.registry.get_sample_value(name, labels)
        assert value is not None, name
        return value

    def error_count(self, kind: str) -> float:
        return self.metric("weir_counters_errors_total", kind=kind)


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as directory:
        yield directory


@pytest.fixture
def piped(folder: Path) -> Iterator[Piped]:
    made = Piped(start_server(folder))
    yield made
    made.pipe.stop()
    made.server.stop()


def fail(piped: Piped) -> StoreAway:
    with pytest.raises(StoreAway) as away:
        piped.pipe.ask(LIVING, PATIENT_S)
    return away.value


def open_breaker(piped: Piped) -> None:
    piped.server.kill()
    for _ in range(3):
        assert piped.pipe.available
        assert not fail(piped).sent
    assert not piped.pipe.available


def test_an_answer_comes_back_to_the_one_who_asked(piped: Piped) -> None:
    asked = [gevent.spawn(piped.pipe.ask, announced(f"n{number}"), PATIENT_S) for number in range(20)]
    gevent.joinall(asked, raise_error=True)
    assert [each.value for each in asked] == [1] * 20
    assert piped.pipe.ask(LIVING, PATIENT_S)[0] == 20
    assert piped.pipe.history("{a}")


def test_what_gathers_goes_in_one_round_trip_of_bounded_length(piped: Piped) -> None:
    piped.pipe.ask(LIVING, PATIENT_S)
    replies: list[Any] = []
    for number in range(MAX_BATCH + 1):
        piped.pipe.later(announced(f"n{number}"), replies.append)
    piped.pipe.ask(LIVING, PATIENT_S)
    assert replies == [1] * (MAX_BATCH + 1)
    assert piped.metric("weir_counters_round_trip_seconds_count") == 3
    assert piped.metric("weir_counters_calls_total") == MAX_BATCH + 3


def test_an_error_answer_is_its_askers_alone_and_no_failure_of_the_store(piped: Piped) -> None:
    piped.server.admin().set("{a}", "text")
    heard: list[Any] = []
    for _ in range(4):
        piped.pipe.later(LIVING, heard.append)
        with pytest.raises(StoreError, match="WRONGTYPE"):
            piped.pipe.ask(LIVING, PATIENT_S)
    assert heard == [None] * 4
    assert piped.pipe.available
    assert piped.error_count("refused") == 8


def test_a_full_queue_refuses_at_once(piped: Piped) -> None:
    heard: list[Any] = []
    for _ in range(MAX_QUEUE):
        piped.pipe.later(LIVING, heard.append)
    assert heard == []
    assert piped.metric("weir_counters_queue") == MAX_QUEUE
    assert not fail(piped).sent
    piped.pipe.later(LIVING, lambda reply: heard.append(("refused", reply)))
    assert heard == [("refused", None)]
    assert piped.error_count("full") == 2


def test_who_gives_up_before_the_call_is_sent_has_not_sent_it(piped: Piped) -> None:
    piped.pipe.ask(LIVING, PATIENT_S)
    piped.client.gate.clear()
    first = gevent.spawn(piped.pipe.ask, announced("first"), PATIENT_S)
    gevent.sleep(0.01)
    with pytest.raises(StoreAway) as away:
        piped.pipe.ask(announced("second"), 0.05)
    assert not away.value.sent
    piped.client.gate.set()
    assert first.get() == 1
    assert piped.pipe.ask(LIVING, PATIENT_S)[0] == 1
    assert piped.error_count("timeout") == 1


def test_who_gives_up_later_does_not_know(piped: Piped) -> None:
    piped.pipe.ask(LIVING, PATIENT_S)
    piped.client.gate.clear()
    with pytest.raises(StoreAway) as away:
        piped.pipe.ask(announced("n"), 0.05)
    assert away.value.sent
    piped.client.gate.set()
    assert piped.pipe.ask(LIVING, PATIENT_S)[0] == 1


def test_a_frozen_store_is_left_alone_after_three_round_trips(folder: Path) -> None:
    piped = Piped(start_server(folder), timeout_s=0.05)
    piped.server.freeze()
    started = time.monotonic()
    for _ in range(3):
        fail(piped)
    assert time.monotonic() - started < 5
    assert not piped.pipe.available
    assert piped.metric("weir_counters_up") == 0
    round_trips = piped.metric("weir_counters_round_trip_seconds_count")
    assert not fail(piped).sent
    assert piped.metric("weir_counters_round_trip_seconds_count") == round_trips
    piped.pipe.stop()
    piped.server.stop()


def test_one_call_tries_a_store_that_was_left_alone_and_the_others_are_turned_away(piped: Piped) -> None:
    open_breaker(piped)
    heard: list[Any] = []
    piped.pipe.later(LIVING, heard.append)
    assert heard == [None]
    piped.now = 0.25
    assert piped.pipe.available
    for _ in range(3):
        piped.pipe.later(LIVING, heard.append)
    gevent.sleep(0)
    while len(heard) < 4:
        gevent.sleep(0.01)
    assert piped.metric("weir_counters_round_trip_seconds_count") == 4
    assert piped.metric("weir_counters_calls_total") == 4
    piped.now = 0.7
    assert not piped.pipe.available  # the next pause is twice as long
    piped.now = 0.75
    piped.server = start_server(piped.server.directory)
    assert piped.pipe.ask(LIVING, PATIENT_S) == [0, []]
    assert piped.pipe.available
    assert piped.metric("weir_counters_up") == 1


def test_who_wants_to_know_is_told_that_a_call_was_never_sent(piped: Piped) -> None:
    heard: list[Any] = []

    def later() -> None:
        piped.pipe.later(LIVING, heard.append, lambda: heard.append("unsent"))
        gevent.sleep(0)

    piped.client.gate.clear()
    later()
    gevent.sleep(0)  # that one is under way
    for _ in range(MAX_QUEUE + 1):
        piped.pipe.later(LIVING, heard.append, lambda: heard.append("unsent"))
    assert heard == ["unsent"], "the queue was full"
    piped.client.gate.set()
    with gevent.Timeout(PATIENT_S):
        while len(heard) < MAX_QUEUE + 2:
            gevent.sleep(0)
    assert heard.count("unsent") == 1
    open_breaker(piped)
    heard.clear()
    later()
    assert heard == ["unsent"], "the server is left alone"
    piped.pipe.later(LIVING, heard.append)
    assert heard == ["unsent", None], "who did not ask is told that there is no answer"


def test_a_callback_that_fails_costs_nobody_else_his_answer(piped: Piped) -> None:
    def bad(_reply: object) -> None:
        raise RuntimeError("of the test")

    piped.pipe.later(LIVING, bad)
    assert piped.pipe.ask(LIVING, PATIENT_S) == [0, []]


def test_an_error_that_nobody_foresaw_is_an_answer_and_the_pipe_goes_on(
    piped: Piped, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_calls: object) -> list[Any]:
        raise RuntimeError("of the test")

    with monkeypatch.context() as patched:
        patched.setattr(piped.client, "pipeline", broken)
        assert fail(piped).sent
    assert piped.pipe.ask(LIVING, PATIENT_S) == [0, []]


def test_at_the_end_everybody_who_waits_is_told(piped: Piped) -> None:
    piped.pipe.ask(LIVING, PATIENT_S)
    piped.client.gate.clear()
    waiting = [gevent.spawn(piped.pipe.ask, LIVING, PATIENT_S) for _ in range(3)]
    gevent.sleep(0.01)
    waiting += [gevent.spawn(piped.pipe.ask, LIVING, PATIENT_S) for _ in range(3)]
    gevent.sleep(0.01)
    piped.pipe.stop()
    gevent.joinall(waiting, timeout=5)
    assert [type(each.exception) for each in waiting] == [StoreAway] * 6


def test_a_history_is_read_again_at_most_once_a_second(piped: Piped) -> None:
    def infos() -> int:
        return int(piped.server.admin().info("commandstats")["cmdstat_info"]["calls"])

    piped.pipe.ask(LIVING, PATIENT_S)
    before = infos()
    for _ in range(3):
        piped.pipe.suspect("{a}")
        piped.pipe.ask(LIVING, PATIENT_S)
    assert infos() == before + 2 + 1  # two sections, and this look
    piped.now = 1.0
    piped.pipe.suspect("{a}")
    piped.pipe.ask(LIVING, PATIENT_S)
    assert infos() == before + 2 + 1 + 2 + 1


def test_a_cluster_s_server_that_is_away_costs_only_the_keys_that_it_holds(folder: Path) -> None:
    cluster = Cluster(folder, valkey_binary())
    piped = Piped(cluster, timeout_s=0.5)
    try:
        calls = {
            key: script_call("live_nodes", nodes=key, within_ms=1, limit=0) for key in ("{a}", "{b}", "{c}")
        }
        for call in calls.values():
            piped.pipe.ask(call, PATIENT_S)
        places = {key: piped.client.place(key) for key in calls}
        assert len(set(places.values())) > 1
        for server in cluster.servers:  # which is what it comes to where servers have replicas
            server.admin().config_set("cluster-require-full-coverage", "no")
        gone = places["{a}"]
        next(server for server in cluster.servers if gone.endswith(f":{server.port}")).freeze()
        for _ in range(3):
            with pytest.raises(StoreAway):
                piped.pipe.ask(calls["{a}"], PATIENT_S)
        with pytest.raises(StoreAway, match="left alone"):
            piped.pipe.ask(calls["{a}"], PATIENT_S)
        assert piped.pipe.available
        assert piped.metric("weir_counters_up") == 0
        for key, call in calls.items():
            if places[key] != gone:
                assert piped.pipe.ask(call, PATIENT_S) == [0, []]
        take_over(cluster, "{a}", gone)
        piped.client.pipeline([calls["{a}"]])  # not by the pipe, so that its lane hears nothing of it
        assert piped.client.place("{a}") != gone
        assert piped.pipe.ask(calls["{a}"], PATIENT_S) == [0, []]
        assert piped.metric("weir_counters_up") == 0
        piped.now = UNASKED_S
        assert piped.metric("weir_counters_up") == 1
    finally:
        piped.pipe.stop()
        cluster.stop()


def take_over(cluster: Cluster, key: str, gone: str) -> None:
    """Another server has the key's slot, as after a failover."""
    live = [server.admin() for server in cluster.servers if not gone.endswith(f":{server.port}")]
    heir = live[0].execute_command("CLUSTER", "MYID")
    for each in live:
        each.execute_command("CLUSTER", "SETSLOT", each.cluster("KEYSLOT", key), "NODE", heir)


@pytest.fixture
def scattered() -> Iterator[ScatteredPipe]:
    made = ScatteredPipe()
    yield made
    made.pipe.stop()


def test_servers_beyond_a_bound_share_a_queue_and_get_their_own_when_others_are_not_asked_any_more(
    scattered: ScatteredPipe,
) -> None:
    own = [f"s{number}" for number in range(MAX_LANES - 1)]  # and the one of the start
    assert [scattered.ask(server) for server in own] == own
    scattered.shut("more")
    assert [scattered.ask(server) for server in own] == own
    with pytest.raises(StoreAway, match="left alone"):
        scattered.ask("still more")
    scattered.now = 1.0
    scattered.client.away.clear()
    assert scattered.ask("more") == "more"
    scattered.now = UNASKED_S
    scattered.shut("more")
    assert scattered.ask("still more") == "still more"


def test_a_server_that_does_not_answer_is_told_of_as_long_as_somebody_wants_something_of_it(
    scattered: ScatteredPipe,
) -> None:
    scattered.ask("a")
    scattered.shut("b")
    scattered.now = UNASKED_S - 1
    assert scattered.up == 0
    scattered.pipe.later(script_call("live_nodes", nodes="b", within_ms=1, limit=0), lambda _: None)
    gevent.sleep(0.01)
    scattered.now = 2 * UNASKED_S - 2
    assert scattered.up == 0
    scattered.now = 2 * UNASKED_S - 1
    assert scattered.up == 1


def test_a_call_that_is_under_way_to_a_server_for_long_gets_its_answer(scattered: ScatteredPipe) -> None:
    gate = scattered.client.gates["slow"] = Event()
    asked = gevent.spawn(scattered.ask, "slow")
    gevent.sleep(0.01)
    scattered.now = UNASKED_S
    assert scattered.ask("new") == "new"
    gate.set()
    assert asked.get(timeout=PATIENT_S) == "slow"
    scattered.now = 2 * UNASKED_S
    assert scattered.ask("newer") == "newer"
    assert scattered.ask("slow") == "slow"


def test_a_call_that_was_put_and_not_sent_for_long_gets_its_answer(scattered: ScatteredPipe) -> None:
    heard: list[Any] = []
    scattered.pipe.later(script_call("live_nodes", nodes="a", within_ms=1, limit=0), heard.append)
    scattered.now = UNASKED_S
    assert scattered.ask("new") == "new"
    assert heard == ["a"]


def test_a_store_of_one_server_that_does_not_answer_is_down_however_long_nobody_asks(
    scattered: ScatteredPipe,
) -> None:
    scattered.shut("")
    scattered.now = UNASKED_S
    assert scattered.up == 0


def test_calls_would_be_sent_as_long_as_one_of_the_servers_answers(scattered: ScatteredPipe) -> None:
    scattered.ask("a")
    scattered.shut("b")
    assert scattered.pipe.available
    scattered.shut("a")
    assert not scattered.pipe.available
