"""Records against a dictionary: whatever is done in whatever order, both have the same."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.servers import RunningServer
from weir.models.auth.records import ApiKey, BasicLogin, Consumer, HmacKey, OAuthClient
from weir.store.connect import Client, connect
from weir.store.feed import Feed
from weir.store.key_rotation import rotate_key
from weir.store.keys import Keys
from weir.store.record_kinds import BASICS, CLIENTS, CONSUMERS, HMACS, KEYS, Kind
from weir.store.records import Records

NAMES = st.sampled_from(["a", "ab", "b", "é"])
KINDS: tuple[Kind[Any], ...] = (KEYS, BASICS, HMACS, CLIENTS)
HOUR_MS = 3_600_000


def made(kind: Kind[Any], id_: str, consumer: str, by: str) -> Any:
    match kind.name:
        case "keys":
            return ApiKey(id=id_, consumer=consumer, hash="00", created_ms=1, created_by=by)
        case "basics":
            return BasicLogin(username=id_, consumer=consumer, password="x", created_ms=1, created_by=by)
        case "hmacs":
            return HmacKey(id=id_, consumer=consumer, sealed=b"\xff", created_ms=1, created_by=by)
        case _:
            return OAuthClient(id=id_, name="n", consumer=consumer, created_ms=1, created_by=by)


class Model(RuleBasedStateMachine):
    """``kept``: what there must be, by kind and id."""

    client: Client
    keys: Keys

    def __init__(self) -> None:
        super().__init__()
        self.client.call("FLUSHALL", "SYNC")
        self.kept: dict[str, dict[str, Any]] = {kind.name: {} for kind in (CONSUMERS, *KINDS)}
        self.changes = 0
        self.count = 0

    def of(self, kind: Kind[Any]) -> Records[Any]:
        return Records(self.client, self.keys, kind)

    def by(self) -> str:
        """Another text each time, so that no two records are alike."""
        self.count += 1
        return str(self.count)

    @rule(name=NAMES)
    def make_consumer(self, name: str) -> None:
        record = Consumer(name=name, created_ms=1, created_by=self.by())
        there = name in self.kept["consumers"]
        assert self.of(CONSUMERS).create(record) == ("exists" if there else "created")
        if not there:
            self.kept["consumers"][name] = record
            self.changes += 1

    @rule(name=NAMES)
    def remove_consumer(self, name: str) -> None:
        there = self.kept["consumers"].pop(name, None)
        assert self.of(CONSUMERS).remove(name) == ("removed" if there else "missing")
        if there is None:
            return
        self.changes += 1
        for kind in KINDS:
            mine = [id_ for id_, record in self.kept[kind.name].items() if record.consumer == name]
            for id_ in mine:
                record = self.kept[kind.name].pop(id_)
                if kind is CLIENTS:
                    self.kept[kind.name][id_] = msgspec.structs.replace(record, consumer="", disabled=True)

    @rule(kind=st.sampled_from(KINDS), id_=NAMES, consumer=NAMES)
    def make(self, kind: Kind[Any], id_: str, consumer: str) -> None:
        record = made(kind, id_, consumer, self.by())
        expected = (
            "exists"
            if id_ in self.kept[kind.name]
            else "created"
            if consumer in self.kept["consumers"]
            else "orphan"
        )
        assert self.of(kind).create(record) == expected
        if expected == "created":
            self.kept[kind.name][id_] = record
            self.changes += 1

    @rule(kind=st.sampled_from(KINDS), id_=NAMES, consumer=NAMES, stale=st.booleans())
    def replace(self, kind: Kind[Any], id_: str, consumer: str, stale: bool) -> None:
        known = self.kept[kind.name].get(id_)
        kept = self.of(kind).get(id_)
        assert (kept.record if kept else None) == known
        owner = consumer if kind is CLIENTS or known is None else known.consumer
        record = made(kind, id_, owner, self.by())
        done = self.of(kind).replace(record, "0" * 16 if stale or kept is None else kept.etag)
        if known is None:
            assert done == "missing"
        elif stale:
            assert done == "stale"
        elif owner not in self.kept["consumers"]:
            assert done == "orphan"
        else:
            assert done == "replaced"
            self.kept[kind.name][id_] = record
            self.changes += 1

    @rule(kind=st.sampled_from(KINDS), id_=NAMES, stale=st.booleans())
    def remove(self, kind: Kind[Any], id_: str, stale: bool) -> None:
        there = id_ in self.kept[kind.name]
        kept = self.of(kind).get(id_)
        done = self.of(kind).remove(id_, "0" * 16 if stale else kept.etag if kept else "")
        assert done == ("missing" if not there else "stale" if stale else "removed")
        if done == "removed":
            del self.kept[kind.name][id_]
            self.changes += 1

    @precondition(lambda self: self.kept["keys"])
    @rule(data=st.data(), new=NAMES, overlap_ms=st.sampled_from([0, HOUR_MS]))
    def rotate(self, data: st.DataObject, new: str, overlap_ms: int) -> None:
        old = data.draw(st.sampled_from(sorted(self.kept["keys"])))
        known = self.kept["keys"][old]
        record = made(KEYS, new, "ignored", self.by())
        done = rotate_key(self.client, self.keys, old, record, overlap_ms)
        assert done == ("exists" if new in self.kept["keys"] else "rotated")
        if done == "exists":
            return
        self.changes += 2
        self.kept["keys"][new] = msgspec.structs.replace(record, consumer=known.consumer, replaces=old)
        if overlap_ms:
            kept = self.of(KEYS).get(old)
            assert kept is not None
            assert kept.record.expires_ms > 0
            self.kept["keys"][old] = msgspec.structs.replace(known, expires_ms=kept.record.expires_ms)
        else:
            del self.kept["keys"][old]

    def teardown(self) -> None:
        self.both_have_the_same()

    def both_have_the_same(self) -> None:
        for kind in (CONSUMERS, *KINDS):
            expected = self.kept[kind.name]
            found, after = self.of(kind).page()
            assert after == ""
            assert [each.record for each in found] == [
                expected[id_] for id_ in sorted(expected, key=str.encode)
            ]
            assert self.of(kind).count() == len(expected)
            if not kind.owned:
                continue
            for owner in ("a", "ab", "b", "é"):
                mine = [each.record for each in self.of(kind).page(owner)[0]]
                assert mine == [each.record for each in found if each.record.consumer == owner]
            members = self.client.call("ZCARD", self.keys.record_index(kind.name))
            assert members == len(expected) + sum(bool(each.consumer) for each in expected.values())

        assert Feed(self.client, self.keys).poll(0).seq == self.changes


def test_records_are_as_a_dictionary_would_have_them(engine: RunningServer) -> None:
    client = connect(engine.url, timeout_s=10.0)
    machine = type("OfThisServer", (Model,), {"client": client, "keys": Keys("model")})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    client.close()
