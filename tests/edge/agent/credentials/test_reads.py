"""Reads of a real store: many in one call, one for each credential, and no waiting for one that is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import gevent
import pytest
from gevent.event import Event
from prometheus_client import CollectorRegistry

from edge.agent.breaker import FAILURES
from edge.agent.credentials import reads as reads_module
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.credentials.reads import MAX_BATCH, MAX_UNDER_WAY, Read, Reads
from tests.support.ports import free_port
from tests.support.servers import RunningServer
from weir.store.connect import connect
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.record_kinds import KEYS
from weir.store.verifiers import Named


class Rig:
    def __init__(self, url: str, keys: Keys, **settings: float) -> None:
        self.registry = CollectorRegistry()
        self.now = 0.0
        self.reads = Reads(
            connect(url, **settings),
            keys,
            CredentialMetrics(self.registry),
            at=lambda: 3,
            clock=lambda: self.now,
        )
        self.reads.start()

    def failures(self, kind: str) -> float:
        found = self.registry.get_sample_value("weir_credentials_read_failures_total", {"kind": kind})
        return found or 0.0

    def calls(self) -> float:
        return self.registry.get_sample_value("weir_credentials_read_seconds_count") or 0.0


@pytest.fixture
def rig(server: RunningServer, keys: Keys) -> Iterator[Rig]:
    made = Rig(server.url, keys, timeout_s=10.0)
    yield made
    made.reads.stop()


@pytest.fixture
def away(keys: Keys) -> Iterator[Rig]:
    made = Rig(f"redis://127.0.0.1:{free_port()}", keys, connect_timeout_s=0.5)
    yield made
    made.reads.stop()


def at_once(*asked: Callable[[], object]) -> list[object]:
    greenlets = [gevent.spawn(each) for each in asked]
    gevent.joinall(greenlets, timeout=30)
    return [greenlet.value if greenlet.exception is None else greenlet.exception for greenlet in greenlets]


def test_a_verifier_comes_with_the_change_that_it_is_of(rig: Rig, accounts) -> None:
    accounts.consumer("alice", "read")
    accounts.key("one")
    found = rig.reads.read(Named("key", "one"))
    assert (found.seq, found.asked_at) == (2, 3)
    assert found.verifier is not None
    assert (found.verifier.name, found.verifier.consumer, found.verifier.scopes) == (
        "key:one",
        "alice",
        ("read",),
    )
    assert rig.reads.read(Named("key", "none")) == Read(None, 2, 3)


def test_many_go_in_one_call_and_the_same_once(rig: Rig, accounts) -> None:
    accounts.consumer("alice")
    for number in range(MAX_BATCH):
        accounts.key(f"k{number}")
    asked = [lambda number=number: rig.reads.read(Named("key", f"k{number}")) for number in range(MAX_BATCH)]
    found = at_once(*asked, *asked)
    assert [each.verifier.id for each in found] == [f"k{number}" for number in range(MAX_BATCH)] * 2
    assert rig.calls() == 1


def test_a_record_that_cannot_be_read_costs_only_itself(rig: Rig, accounts, server, keys) -> None:
    accounts.consumer("alice")
    accounts.key("sound")
    server.admin().hset(keys.records(KEYS.name), "damaged", b"\x81\xa1x")
    damaged, sound = at_once(
        lambda: rig.reads.read(Named("key", "damaged")), lambda: rig.reads.read(Named("key", "sound"))
    )
    assert isinstance(damaged, StoreError)
    assert isinstance(sound, Read)
    assert rig.failures("refused") == 1


def test_a_store_that_is_away_is_left_alone_after_a_few_failures(away: Rig) -> None:
    for number in range(FAILURES):
        with pytest.raises(StoreAway):
            away.reads.read(Named("key", f"k{number}"))
    assert (away.failures("away"), away.failures("open")) == (FAILURES, 0)
    with pytest.raises(StoreAway, match="left alone"):
        away.reads.read(Named("key", "a"))
    assert (away.failures("away"), away.failures("open")) == (FAILURES, 1)
    away.reads.store_answers()
    with pytest.raises(StoreAway):
        away.reads.read(Named("key", "a"))
    assert away.failures("away") == FAILURES + 1


class Slow:
    """In the place of the script call: answers when the test says so. (The real client blocks this whole process.)"""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = Event()
        monkeypatch.setattr(reads_module, "read_verifiers", self.read)

    def read(self, _session: object, _keys: Keys, wanted: Sequence[Named]) -> tuple[list[None], int]:
        self.answers.wait()
        return [None] * len(wanted), 5


def test_whoever_asks_waits_no_longer_than_that(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    with pytest.raises(StoreAway, match="within"):
        rig.reads.read(Named("key", "b"), timeout_s=0.01)
    assert rig.failures("timeout") == 1
    slow.answers.set()
    assert rig.reads.read(Named("key", "b")) == Read(None, 5, 3)


def test_reads_under_way_are_bounded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    many = [gevent.spawn(rig.reads.read, Named("key", f"k{number}"), 60) for number in range(MAX_UNDER_WAY)]
    gevent.sleep(0)
    with pytest.raises(StoreAway, match=str(MAX_UNDER_WAY)):
        rig.reads.read(Named("key", "one more"))
    slow.answers.set()
    gevent.joinall(many, timeout=60)
    assert all(each.successful() for each in many)
    assert rig.failures("full") == 1


def test_whoever_waits_at_the_end_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    Slow(monkeypatch)
    waiting = gevent.spawn(rig.reads.read, Named("key", "b"), 60)
    gevent.sleep(0)
    gevent.sleep(0)
    rig.reads.stop()
    gevent.joinall([waiting], timeout=60)
    assert isinstance(waiting.exception, StoreAway)


def test_a_store_that_began_anew_has_another_history(rig: Rig, server: RunningServer) -> None:
    first = rig.reads.history()
    assert first == rig.reads.history() != ""
    server.admin().execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert rig.reads.history() == first, "a connection that broke says nothing"
