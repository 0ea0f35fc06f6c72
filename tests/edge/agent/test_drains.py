"""The agent follows which targets are drained."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from edge.agent.drains import RECHECK_S, DrainKeeper
from edge.agent.facts import Facts
from edge.upstream.drains import PARTS, part_of
from edge.upstream.drains_file import drains_path, read_drains, write_drains
from edge.versions.files import Identity
from tests.support.wait import wait_until
from weir.store.connect import connect
from weir.store.drains import Drain, Drains
from weir.store.errors import StoreAway
from weir.store.feed import Change, Changes
from weir.store.health import Member
from weir.store.keys import Keys

RULES = 'upstream u { target http://10.0.0.1:80; target http://10.0.0.2:80 } rule a { when path == "/a"; proxy u }'
ONE = Member("api/u", "http://10.0.0.1:80")


class Stored(Drains):
    """A store in which is drained what the test says."""

    def __init__(self) -> None:
        self.drains: tuple[Drain, ...] = ()
        self.looks = 0
        self.away = False

    def now(self) -> tuple[Drain, ...]:
        self.looks += 1
        if self.away:
            raise StoreAway("gone", sent=False)
        return self.drains


class Rig:
    def __init__(self, path: Path) -> None:
        self.store, self.path, self.facts = Stored(), path, Facts()
        self.facts.held = Identity("one", 1, "h")
        self.told: dict[str, list[Any]] = {}
        self.now = 1000.0
        self.keeper = DrainKeeper(self.store, path, self.facts, self._announce, clock=lambda: self.now)

    def _announce(self, topic: str, body: Any, key: str) -> None:
        assert (topic, str(body["part"])) == ("drain", key)
        self.told[key] = body["drains"]

    def look(self, *topics: str, incarnation: str = "one") -> None:
        entries = tuple(Change(1, topic, "x") for topic in topics)
        self.keeper.heard(Changes(entries, 1, False, incarnation))

    def drained(self) -> list[str]:
        return sorted(row[2] for rows in self.told.values() for row in rows)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "drains")


def drain(url: str = ONE.url, left_ms: int = 60_000, until_ms: int = 1) -> Drain:
    return Drain(upstream="api/u", url=url, left_ms=left_ms, until_ms=until_ms, reason="disk", author="ann")


def test_the_store_is_asked_when_the_feed_says_so_and_now_and_then(rig: Rig) -> None:
    rig.look()
    rig.look("version")
    assert rig.store.looks == 1, "the first look, and no other topic"
    rig.look("version", "drain")
    assert rig.store.looks == 2
    rig.now += RECHECK_S
    rig.look()
    assert rig.store.looks == 3


def test_what_could_not_be_read_is_read_at_the_next_look(rig: Rig) -> None:
    rig.look()
    rig.store.away = True
    with pytest.raises(StoreAway):
        rig.look("drain")


def test_workers_hear_only_the_parts_that_changed(rig: Rig) -> None:
    rig.store.drains = (drain(),)
    rig.look()
    part = str(part_of("api", "u", ONE.url))
    assert rig.told == {part: [["api", "u", ONE.url, 1060.0]]}
    rig.told.clear()
    rig.look("drain")
    assert rig.told == {}
    rig.store.drains = ()
    rig.look("drain")
    assert rig.told == {part: []}


def test_ten_thousand_fit_into_the_parts(rig: Rig) -> None:
    rig.store.drains = tuple(drain(f"http://{number:0200d}:80") for number in range(10_000))
    rig.look()
    assert len(rig.drained()) == 10_000
    assert len(rig.told) == PARTS
    assert max(len(json.dumps(rows)) for rows in rig.told.values()) < 1 << 20


def test_it_is_kept_on_disk_and_holds_after_a_restart_without_the_store(rig: Rig) -> None:
    rig.now = time.monotonic()
    rig.store.drains = (drain(),)
    rig.look()
    again = Rig(rig.path)
    again.keeper.start()
    assert again.drained() == [ONE.url]
    again.look()
    assert again.drained() == [], "the store knows better"
    assert read_drains(rig.path) == ()


def test_a_store_that_this_node_does_not_follow_is_not_believed(rig: Rig) -> None:
    rig.store.drains = (drain(),)
    rig.look()
    rig.store.drains = ()
    rig.look("drain", incarnation="")
    rig.look("drain", incarnation="two")
    assert rig.drained() == [ONE.url]


def test_a_disk_that_refuses_costs_only_the_restart(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.path.mkdir()
    rig.store.drains = (drain(),)
    rig.look()
    assert rig.drained() == [ONE.url]
    assert "cannot be kept on disk" in caplog.text
    rig.path.rmdir()
    rig.look("drain")
    assert rig.path.is_file(), "tried again at the next look"


def test_the_page_tells_who_is_drained_and_what_is_in_flight(rig: Rig) -> None:
    rig.store.drains = (drain(), drain("http://10.0.0.2:80"))
    rig.look()
    rig.keeper.answer(1, {"in_flight": [["api", "u", ONE.url, 2]]})
    rig.keeper.answer(2, {"in_flight": [["api", "u", ONE.url, 1]]})
    rig.keeper.answer(3, {"in_flight": [["odd"]]})
    page = rig.keeper.marked({"targets": [{"upstream": "api/u", "target": ONE.url, "out": True}]})
    first, second = page["targets"]
    assert first["out"] is True
    assert first["drained"] == {"for_s": 60.0, "in_flight": 3, "reason": "disk", "by": "ann"}
    assert second["out"] is False
    rig.keeper.gone(1)
    assert rig.keeper.state()[0]["in_flight"] == 1


def test_a_drain_reaches_the_workers_of_a_node_and_its_end_too(store, agent_at):
    agent = agent_at("n1")
    worker = agent.worker()
    store.side.publish(RULES)
    agent.wait_ok()
    drains = Drains(connect(store.url), Keys("default"))
    drains.drain(ONE, 60_000, reason="disk", author="ann")

    def told() -> list[Any]:
        news = [message["body"] for message in worker.heard if message.get("topic") == "drain"]
        return news[-1]["drains"] if news else []

    wait_until(lambda: [row[:3] for row in told()] == [["api", "u", ONE.url]], what="the drain")
    (entry,) = json.loads(agent.get("/targets")[1])["targets"]
    assert entry["drained"]["reason"] == "disk"
    drains.undrain(ONE)
    wait_until(lambda: told() == [], what="its end")


def test_the_file_is_where_workers_look_for_it(agent_at, store):
    agent = agent_at("n1")
    path = drains_path(agent.settings.versions)
    store.side.publish(RULES)
    agent.worker()
    agent.wait_ok()
    Drains(connect(store.url), Keys("default")).drain(ONE, 60_000)
    wait_until(lambda: [one.url for one in read_drains(path)] == [ONE.url], what="the file")
    write_drains(path, [])
