"""What a worker knows of credentials: asked once, dropped when it is told, never older than a drop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import msgspec
import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.auth import verifiers as module
from edge.auth.verifiers import NEGATIVE_S, Unavailable, Verifiers
from edge.link.asks import Asks
from edge.link.credential_words import CREDENTIALS, FRESH, MAX_ID, drop_all_word, drop_word
from weir.models.auth.verifier import Verifier

MAX_STALE_S = 100.0


class Agent(Asks):
    """Answers as it is told; ``gates`` hold answers up after they were read."""

    def __init__(self) -> None:
        super().__init__()
        self.verifiers: dict[str, Verifier] = {}
        self.seq = 1
        self.away = False
        self.asked: list[str] = []
        self.read: list[Event] = []
        self.gates: list[Event] = []

    def ask(self, topic: str, body: Any, timeout_s: float) -> Any | None:
        name = f"{body['kind']}:{body['id']}"
        self.asked.append(name)
        if self.away:
            return None
        found = self.verifiers.get(name)
        reply = {"verifier": None if found is None else msgspec.msgpack.encode(found), "seq": self.seq}
        if self.gates:
            self.read.append(Event())
            self.gates.pop(0).wait(timeout=10)
        return reply

    def has(self, id: str, **more: Any) -> Verifier:  # noqa: A002
        found = Verifier(**{"kind": "key", "id": id, "consumer": "acme", **more})
        self.verifiers[found.name] = found
        return found

    def drop(self, *names: str) -> None:
        self.seq += 1
        self.news(CREDENTIALS, drop_word(names, self.seq))


class World:
    now = 50.0

    def __init__(self) -> None:
        self.agent = Agent()
        self.changes = 0
        self.known = Verifiers(self.agent, lambda: MAX_STALE_S, self._changed, lambda: self.now)

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
def world() -> World:
    return World()


def test_it_is_asked_for_once(world: World) -> None:
    found = world.agent.has("a")
    assert not world.known.is_known("key", "a")
    assert world.known.find("key", "a") == found
    assert world.known.find("key", "a") == found
    assert world.known.is_known("key", "a")
    assert world.agent.asked == ["key:a"]


def test_kinds_do_not_meet(world: World) -> None:
    world.agent.has("a")
    assert world.known.find("basic", "a") is None
    assert world.known.find("key", "a") is not None


def test_that_there_is_none_is_known_for_a_while(world: World) -> None:
    assert world.known.find("key", "a") is None
    assert world.known.is_known("key", "a")
    assert world.known.find("key", "a") is None
    assert world.agent.asked == ["key:a"]
    world.now += NEGATIVE_S
    assert not world.known.is_known("key", "a")
    world.agent.has("a")
    assert world.known.find("key", "a") is not None


def test_a_key_that_was_just_made_is_found_at_once(world: World) -> None:
    assert world.known.find("key", "a") is None
    world.agent.has("a")
    world.agent.drop("key:a")
    assert world.known.find("key", "a") is not None


def test_who_cannot_be_asked_for_is_unavailable(world: World) -> None:
    world.agent.away = True
    with pytest.raises(Unavailable):
        world.known.find("key", "a")


def test_what_is_known_goes_on_while_the_agent_is_away(world: World) -> None:
    found = world.agent.has("a")
    world.known.find("key", "a")
    world.agent.away = True
    assert world.known.find("key", "a") == found


@pytest.mark.parametrize(
    ("name", "is_dropped"),
    [
        ("key:a", True),
        ("consumer:acme", True),
        ("basic:a", False),
        ("consumer:a", False),
        ("key:acme", False),
    ],
)
def test_a_drop_concerns_its_credential_or_all_of_a_consumer(
    world: World, name: str, is_dropped: bool
) -> None:
    world.agent.has("a")
    world.known.find("key", "a")
    world.agent.drop(name)
    assert world.known.is_known("key", "a") is not is_dropped
    assert world.changes == is_dropped


def test_the_drop_of_a_client_concerns_its_opaque_tokens(world: World) -> None:
    world.agent.has("t", kind="opaque", client="app", consumer="")
    world.agent.has("u", kind="opaque", client="other", consumer="")
    for token in ("t", "u"):
        world.known.find("opaque", token)
    world.agent.drop("client:app")
    assert not world.known.is_known("opaque", "t")
    assert world.known.is_known("opaque", "u")


def test_a_word_that_all_may_have_changed_forgets_all(world: World) -> None:
    world.agent.has("a")
    world.known.find("key", "a")
    world.known.find("key", "b")
    world.agent.news(CREDENTIALS, drop_all_word(7))
    assert not world.known.is_known("key", "a")
    world.known.find("key", "b")
    assert world.agent.asked == ["key:a", "key:b", "key:b"]


@pytest.mark.parametrize("body", [None, {}, {"drop": "key:a", "seq": 1}, {"drop": ["key:a"]}])
def test_a_drop_that_is_not_understood_forgets_all(world: World, body: Any) -> None:
    world.agent.has("a")
    world.known.find("key", "a")
    world.agent.news(CREDENTIALS, body)
    assert not world.known.is_known("key", "a")


def test_a_drop_that_came_before_the_answer_changes_nothing(world: World) -> None:
    """The answer was read behind it."""
    world.agent.has("a")
    world.agent.seq = 9
    world.known.find("key", "a")
    world.agent.news(CREDENTIALS, drop_word(["key:a"], 9))
    assert world.known.is_known("key", "a")
    world.agent.news(CREDENTIALS, drop_word(["key:a"], 10))
    assert not world.known.is_known("key", "a")


def under_way(world: World, meanwhile: Callable[[], None]) -> Verifier | None:
    """What ``find`` gives if something happens while its first answer, which was read already, is on its way."""
    gate = Event()
    world.agent.gates.append(gate)
    asking = gevent.spawn(world.known.find, "key", "a")
    while not world.agent.read:
        gevent.sleep(0)
    meanwhile()
    gate.set()
    found: Verifier | None = asking.get(timeout=10)
    return found


@pytest.mark.parametrize("name", ["key:a", "consumer:acme"])
def test_an_answer_that_is_older_than_a_drop_is_asked_for_again(world: World, name: str) -> None:
    world.agent.has("a")

    def revoked() -> None:
        del world.agent.verifiers["key:a"]
        world.agent.drop(name)

    assert under_way(world, revoked) is None
    assert world.agent.asked == ["key:a", "key:a"]


def test_an_answer_that_there_is_none_may_be_outdated_too(world: World) -> None:
    def made() -> None:
        world.agent.has("a")
        world.agent.drop("key:a")

    assert under_way(world, made) is not None


def test_an_answer_from_before_all_changed_is_asked_for_again(world: World) -> None:
    world.agent.has("a")

    def disabled() -> None:
        world.agent.has("a", enabled=False)
        world.agent.news(CREDENTIALS, drop_all_word(0))

    found = under_way(world, disabled)
    assert found is not None
    assert not found.enabled


def test_what_changes_faster_than_it_is_answered_is_unavailable(world: World) -> None:
    world.agent.has("a")

    def ask(topic: str, body: Any, timeout_s: float) -> Any:
        reply = Agent.ask(world.agent, topic, body, timeout_s)
        world.agent.drop("key:a")
        return reply

    world.agent.ask = ask  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        world.known.find("key", "a")
    assert len(world.agent.asked) == module.TIMES


def test_many_who_want_the_same_ask_once(world: World) -> None:
    found = world.agent.has("a")
    gate = Event()
    world.agent.gates.append(gate)
    asking = [gevent.spawn(world.known.find, "key", "a") for _ in range(50)]
    while not world.agent.read:
        gevent.sleep(0)
    gate.set()
    assert [each.get(timeout=10) for each in asking] == [found] * 50
    assert world.agent.asked == ["key:a"]


def test_what_the_store_confirmed_too_long_ago_is_no_good(world: World) -> None:
    found = world.agent.has("a")
    world.agent.news(FRESH, {"at": world.now})
    world.known.find("key", "a")
    world.now += MAX_STALE_S
    assert world.known.find("key", "a") == found
    world.now += 0.1
    with pytest.raises(Unavailable):
        world.known.find("key", "a")
    world.agent.news(FRESH, {"at": world.now})
    assert world.known.find("key", "a") == found


def test_before_the_agent_says_what_is_confirmed_its_answer_counts(world: World) -> None:
    world.agent.has("a")
    world.known.find("key", "a")
    world.agent.away = True
    world.now += MAX_STALE_S + 0.1
    with pytest.raises(Unavailable):
        world.known.find("key", "a")


@pytest.mark.parametrize(
    "reply", [7, {}, {"seq": 1, "verifier": b"\xc1"}, {"seq": 1, "verifier": "text"}, {"verifier": None}]
)
def test_an_answer_that_is_not_understood_is_none(
    world: World, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.agent, "ask", lambda *_: reply)
    with pytest.raises(Unavailable):
        world.known.find("key", "a")


def test_the_one_that_was_not_used_longest_goes_at_the_bound(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KNOWN", 2)
    for id_ in "abac":
        world.agent.has(id_)
        world.known.find("key", id_)
    assert [world.known.is_known("key", id_) for id_ in "abc"] == [True, False, True]
    assert world.changes == 1, "verdicts that rest on it are looked at again"


def test_names_that_do_not_exist_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNKNOWN", 2)
    for id_ in ("a", "b", "c", "c", "a"):
        world.known.find("key", id_)
    assert world.agent.asked == ["key:a", "key:b", "key:c", "key:a"]


def test_what_is_too_long_to_exist_is_not_asked_for(world: World) -> None:
    assert world.known.find("basic", "x" * (MAX_ID + 1)) is None
    assert world.agent.asked == []
    world.known.find("basic", "x" * MAX_ID)
    assert len(world.agent.asked) == 1


STEPS = st.lists(
    st.sampled_from(["revoke", "restore", "revoke consumer", "ask", "answer", "away", "back", "all"]),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_nobody_is_let_in_after_the_word_of_a_revocation_came(steps: list[str]) -> None:
    """Whatever is under way: who asks after the drop never gets what was true before it."""
    world = World()
    world.agent.has("a")
    gates: list[Event] = []
    asking: list[gevent.Greenlet[..., Any]] = []
    for step in [*steps, "back"]:
        match step:
            case "revoke" | "revoke consumer":
                world.agent.has("a", enabled=False)
                world.agent.drop("key:a" if step == "revoke" else "consumer:acme")
            case "restore":
                world.agent.has("a")
                world.agent.drop("key:a")
            case "ask":
                gate = Event()
                gates.append(gate)
                world.agent.gates.append(gate)
                asking.append(gevent.spawn(world.known.find, "key", "a"))
                gevent.sleep(0)
            case "answer":
                if gates:
                    gates.pop(0).set()
                    gevent.sleep(0)
            case "all":
                world.agent.news(CREDENTIALS, drop_all_word(world.agent.seq))
            case _:
                world.agent.away = step == "away"
        if world.known.is_known("key", "a"):
            found = world.known.find("key", "a")
            assert found is not None
            assert found.enabled == world.agent.verifiers["key:a"].enabled
    for gate in gates:
        gate.set()
    gevent.joinall(asking, timeout=10)
    assert all(each.dead for each in asking)
