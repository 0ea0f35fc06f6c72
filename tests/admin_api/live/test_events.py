"""Event streams: what happens, in order, resumable, bounded, and ended when they must be."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from admin_api.call import Identity
from admin_api.live import events as module
from admin_api.live import watching as shared
from admin_api.live.cluster import Cluster
from admin_api.live.events import TYPES, EventStream, differences, told_of
from admin_api.live.present import present_of
from admin_api.live.validity import still_allowed
from admin_api.live.watching import Present, Watching
from admin_api.services import services_of
from tests.support.admin import admin_app
from tests.support.wait import wait_until
from weir.api.events import CountersEvent, CredentialEvent, IssuerEvent
from weir.models.document import Document
from weir.rules.parser import parse
from weir.store.connect import Client
from weir.store.drains import Drains
from weir.store.feed import Change, Changes, Feed
from weir.store.health import Member
from weir.store.keys import Keys
from weir.store.live import NodeLive, NodeTarget
from weir.store.nodes import HeardNode, NodeRecord
from weir.store.publish import Draft, Publisher
from weir.store.versions import Versions

NOTHING = Present({}, {}, CountersEvent(near=0, refused=0, budgets=0))


class Told(NamedTuple):
    type: str
    data: Any
    id: str


def read(block: bytes) -> list[Told]:
    """The events of what a stream gave at once."""
    found = []
    for part in block.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in part.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append(Told(fields["event"], json.loads(fields["data"]), fields.get("id", "")))
    return found


class Rig:
    def __init__(self, client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
        for owner, name in ((module, "LOOK_S"), (shared, "FEED_S"), (shared, "PRESENT_S")):
            monkeypatch.setattr(owner, name, 0.0)
        self.client, self.keys = client, keys
        self.present, self.allowed, self.stopping = NOTHING, True, threading.Event()
        self.watching = Watching(Feed(client, keys), lambda: self.present)
        self.made: list[EventStream] = []

    def publish(self, text: str = "") -> None:
        head = Versions(self.client, self.keys).head()
        text = text or f'rule a {{ when path == "/{head.number if head else 0}"; respond 200 "" }}'
        draft = Draft(owner="api", base=head.owners["api"] if head else 0, author="ann")
        Publisher(self.client, self.keys, feed_length=5).publish(draft, parse(text).document)

    def open(self, last_id: str = "", types: str = "", heartbeat_s: float = 60.0) -> EventStream:
        assert self.watching.enter()
        stream = EventStream(
            self.watching,
            last_id=last_id,
            types=frozenset(types.split(",")) if types else frozenset(TYPES),
            allowed=lambda: self.allowed,
            stopping=self.stopping,
            heartbeat_s=min(heartbeat_s, 1.0),
        )
        self.made.append(stream)
        assert next(stream).startswith(b"retry: 1000\n")
        return stream

    def next(self, stream: EventStream) -> list[Told]:
        """The next events; an empty list if the stream ended."""
        deadline = time.monotonic() + 20
        for block in stream:
            if found := read(block):
                return found
            assert time.monotonic() < deadline, "nothing was told"
        return []

    def id(self) -> str:
        head = Versions(self.client, self.keys).head()
        assert head is not None
        return f"{head.seq}-{head.incarnation[:8]}"


@pytest.fixture
def rig(client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    made = Rig(client, keys, monkeypatch)
    made.publish()
    yield made
    for stream in made.made:
        stream.close()


def test_publishes_and_drains_are_told_in_order_with_the_number_of_the_feed(rig: Rig) -> None:
    stream = rig.open()
    rig.publish()
    Drains(rig.client, rig.keys).drain(Member("api/u", "http://a"), 60_000)
    first, second = rig.next(stream)
    assert (first.type, first.data["number"]) == ("version", 2)
    assert (second.type, second.data) == ("drain", {"owner": "api", "upstream": "u", "target": "http://a"})
    assert second.id == rig.id()
    assert int(first.id.partition("-")[0]) + 1 == int(second.id.partition("-")[0])


def test_who_comes_back_with_the_last_id_misses_nothing(rig: Rig) -> None:
    seen = rig.id()
    rig.publish()
    rig.publish()
    assert [told.data["number"] for told in rig.next(rig.open(seen))] == [2, 3]
    current = rig.open(rig.id())
    rig.publish()
    assert [told.data["number"] for told in rig.next(current)] == [4]


def test_a_gap_another_store_or_an_odd_id_says_reset_and_then_goes_on(rig: Rig) -> None:
    seen = rig.id()
    for _ in range(7):
        rig.publish()
    for last in (seen, "3-00000000", "99999-" + rig.id().partition("-")[2], "what"):
        stream = rig.open(last)
        (reset,) = rig.next(stream)
        assert (reset.type, reset.id) == ("reset", rig.id())
    rig.publish()
    assert [told.type for told in rig.next(stream)] == ["version"]


def test_a_store_that_was_emptied_and_filled_again_says_reset(rig: Rig) -> None:
    stream = rig.open()
    rig.client.call("DEL", rig.keys.head(), rig.keys.versions(), rig.keys.feed(), rig.keys.publish_ids())
    rig.publish()
    assert [told.type for told in rig.next(stream)] == ["reset"]


def test_a_stream_that_fell_behind_the_feed_says_reset(rig: Rig) -> None:
    stream = rig.open()
    for _ in range(7):
        rig.publish()
    assert [told.type for told in rig.next(stream)] == ["reset"]


def node(name: str, **said: Any) -> HeardNode:
    return HeardNode(NodeRecord(name=name, **said), 5)


def test_nodes_targets_and_counters_are_told_when_they_change_and_load_is_no_change(rig: Rig) -> None:
    stream = rig.open()
    rig.present = present_of(Cluster(None, (node("n1", number=1), node("n2")), {}), {})
    came = rig.next(stream)
    assert [(told.type, told.data["name"], told.data["gone"], told.id) for told in came] == [
        ("node", "n1", False, ""),
        ("node", "n2", False, ""),
    ]
    word = NodeLive(
        time_ms=1, targets=(NodeTarget(upstream="api/u", url="http://a", out=True, why=("check",)),)
    )
    busy = (node("n1", number=1, requests_per_s=9.0),)
    rig.present = present_of(Cluster(None, busy, {"n1": word}), {Member("api/w", "http://b"): 500})
    gone, out, ejected = rig.next(stream)
    assert (gone.type, gone.data["name"], gone.data["gone"]) == ("node", "n2", True)
    assert (out.type, out.data["target"], out.data["out"], out.data["why"]) == (
        "health",
        "http://a",
        True,
        ["check"],
    )
    assert ejected.data["why"] == ["cluster"]
    rig.present = present_of(Cluster(None, busy, {}), {})
    assert [(told.data["target"], told.data["out"]) for told in rig.next(stream)] == [
        ("http://a", False),
        ("http://b", False),
    ]
    rig.present = rig.present._replace(counters=CountersEvent(near=2, refused=1, budgets=0))
    assert [(told.type, told.data["near"]) for told in rig.next(stream)] == [("counters", 2)]


def test_only_the_types_that_were_asked_for_come(rig: Rig) -> None:
    stream = rig.open(types="drain,node")
    rig.publish()
    Drains(rig.client, rig.keys).drain(Member("api/u", "http://a"), 60_000)
    assert [told.type for told in rig.next(stream)] == ["drain"]
    assert list(differences(NOTHING, NOTHING)) == []


def test_what_is_nobodys_business_is_not_told() -> None:
    assert told_of(Change(1, "token", "t1"), "i") is None
    assert told_of(Change(1, "version", "odd"), "i") is None
    assert told_of(Change(1, "revoked", "jti"), "i") is None


def test_silence_is_filled_with_comments(rig: Rig) -> None:
    stream = rig.open(heartbeat_s=0.01)
    assert next(stream) == b": quiet\n\n"


def test_a_stream_ends_when_its_credential_does_and_when_the_process_stops(rig: Rig) -> None:
    ended = rig.open(heartbeat_s=0.01)
    rig.allowed = False
    assert rig.next(ended) == []
    rig.allowed = True
    stream = rig.open()
    rig.stopping.set()
    assert rig.next(stream) == []


def test_a_store_that_is_away_is_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from weir.store.errors import StoreAway

    stream, poll, tries = rig.open(), Feed.poll, []

    def away(feed: Feed, *arguments: int) -> Changes:
        tries.append(1)
        if len(tries) < 4:
            raise StoreAway("gone", sent=False)
        return poll(feed, *arguments)

    rig.publish()
    monkeypatch.setattr(Feed, "poll", away)
    assert [told.type for told in rig.next(stream)] == ["version"]


def test_places_are_bounded_and_come_back_also_from_a_stream_that_nobody_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "MAX_STREAMS", 1)
    stream = rig.open()
    assert not rig.watching.enter()
    stream.close()
    stream.close()
    assert rig.watching.enter()
    unread = EventStream(
        rig.watching, last_id="", types=frozenset(), allowed=lambda: True, stopping=rig.stopping
    )
    del unread
    assert rig.watching.enter()


def test_many_streams_look_at_the_store_as_often_as_one(client: Client, keys: Keys) -> None:
    polls: list[int] = []

    class Counted(Feed):
        def poll(self, since: int, limit: int = 500) -> Changes:
            polls.append(since)
            return super().poll(since, limit)

    now = [100.0]
    watching = Watching(Counted(client, keys), lambda: NOTHING, clock=lambda: now[0])
    for _ in range(50):
        watching.position()
        watching.present()
    assert len(polls) == 1
    now[0] += shared.FEED_S
    watching.position()
    assert len(polls) == 2


def test_the_end_of_a_long_feed_is_found(client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "POLLED", 2)
    publisher, number = Publisher(client, keys), 0
    for place in range(5):
        text = f'rule a {{ when path == "/{place}"; respond 200 "" }}'
        draft = Draft(owner="api", base=number, author="ann")
        number = publisher.publish(draft, parse(text).document).number  # type: ignore[union-attr]
    assert Watching(Feed(client, keys), lambda: NOTHING).position().seq == 5


# Through the API


def test_a_credential_is_looked_at_again(client: Client, keys: Keys) -> None:
    services = services_of(client, keys)
    made = services.tokens.make("ann", "viewer", 3600, "test")
    assert not isinstance(made, str)
    token = made[1]
    by_token = Identity("ann", "viewer", "token", token.id, token.expires_ms)
    assert still_allowed(services, by_token)
    assert not still_allowed(services, Identity("ann", "admin", "token", token.id))
    secret, _ = services.sessions.begin(token.id)
    from weir.models.auth.secret_text import hash_of

    session = Identity("ann", "viewer", "session", token.id, 0, hash_of(secret))
    assert still_allowed(services, session)
    services.sessions.end(hash_of(secret))
    assert not still_allowed(services, session)
    services.tokens.remove(token.id, force=True)
    assert not still_allowed(services, by_token)
    assert still_allowed(services, Identity("ann", "viewer", "local"))


def test_events_are_a_stream_with_a_bounded_number_and_known_types(
    client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "MAX_STREAMS", 1)
    api = admin_app(client, "viewer", keys=keys)
    answer = api.get("/api/v1/events?types=version,drain", buffered=False)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = answer.iter_encoded()
    assert next(lines).startswith(b"retry: 1000")
    refused = api.get("/api/v1/events")
    assert (refused.status_code, refused.json["code"]) == (503, "too-many-streams")
    publisher = Publisher(client, keys)
    publisher.publish(Draft(owner="api", base=0, author="ann"), Document())
    told: list[Told] = []
    wait_until(lambda: told.extend(read(next(lines))) or told, what="an event")
    assert told[0].type in ("version", "reset")
    answer.close()
    odd = api.get("/api/v1/events?types=version,weather")
    assert (odd.status_code, odd.json["code"]) == (400, "invalid-query")


def test_credentials_and_issuers_are_told_by_name() -> None:
    told = [
        told_of(Change(1, topic, name), "i") for topic, name in (("credential", "key:k1"), ("issuer", "a"))
    ]
    assert told == [("credential", CredentialEvent(kind="key", id="k1")), ("issuer", IssuerEvent(name="a"))]
