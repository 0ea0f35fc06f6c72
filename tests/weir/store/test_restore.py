"""A backup loads into an empty store of either kind, whole or not at all."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import RunningServer, redis_binary, server_folder, start_server, valkey_binary
from weir.models.auth.records import (
    ApiKey,
    BasicLogin,
    Consumer,
    HmacKey,
    InitialToken,
    Issuer,
    OAuthClient,
    User,
)
from weir.models.auth.verifier import Verifier
from weir.rules.parser import parse
from weir.store.backup import Backup
from weir.store.backup_file import Unreadable
from weir.store.connect import Client, connect
from weir.store.drains import Drains
from weir.store.errors import StoreAway, StoreError
from weir.store.feed import Feed
from weir.store.health import Member
from weir.store.identity import Held, Stay, decide
from weir.store.keys import Keys
from weir.store.publish import Draft, Published, Publisher
from weir.store.record_kinds import (
    BASICS,
    CLIENTS,
    CONSUMERS,
    EVERY_KIND,
    HMACS,
    INITIALS,
    ISSUERS,
    KEYS,
    USERS,
)
from weir.store.records import Records
from weir.store.restore import NotEmpty, Restore
from weir.store.revoked import Revoked
from weir.store.used import Used
from weir.store.verifiers import Named, read_verifiers
from weir.store.versions import Versions


@pytest.fixture(scope="module")
def both_kinds() -> Iterator[dict[str, RunningServer]]:
    """A Valkey and a Redis beside each other."""
    with server_folder() as folder:
        servers = {
            "valkey": start_server(folder / "valkey", valkey_binary()),
            "redis": start_server(folder / "redis", redis_binary()),
        }
        yield servers
        for server in servers.values():
            server.stop()


class Pair:
    """``old`` has a cluster, ``new`` is empty."""

    def __init__(self, old: RunningServer, new: RunningServer, keys: Keys) -> None:
        for server in (old, new):
            server.admin().flushall()
        self.old, self.new, self.keys = connect(old.url), connect(new.url), keys
        self.old_admin, self.new_admin = old.admin(), new.admin()
        for number in range(3):
            self.publish(self.old, f'rule a {{ when path == "/{number}"; respond 200 "one" }}')
        Drains(self.old, keys).drain(Member("api/u", "http://a"), 600_000, reason="disk")
        self.old_admin.xadd(keys.audit(), {"entry": b"old"}, id="5-0")
        self.old_admin.hset(keys.access_tokens(), mapping={"t1": "old", "t2": "old"})
        self.old_admin.hset(keys.limit_quota("q", 0), "g:n1", 5)
        self.old_admin.pexpire(keys.limit_quota("q", 0), 600_000)
        self.old_admin.zadd(keys.usage_last(), {"rfile/a": 17, "rfile/b": 18.5})
        self.old_admin.hset(keys.usage_day(20_000), "rfile/a", b"\x91\x01")

    def publish(self, client: Client, text: str) -> object:
        head = Versions(client, self.keys).head()
        draft = Draft(owner="api", base=head.owners["api"] if head else 0, author="ann", message="m")
        return Publisher(client, self.keys).publish(draft, parse(text).document)

    def backup(self) -> bytes:
        return b"".join(Backup(self.old, self.old, self.keys).stream())

    def restore(self, data: bytes) -> object:
        return Restore(self.new, self.new, self.keys).load(io.BytesIO(data))

    def close(self) -> None:
        self.old.close()
        self.new.close()


@pytest.fixture(params=["redis to valkey", "valkey to redis"])
def pair(request: pytest.FixtureRequest, both_kinds: dict[str, RunningServer], keys: Keys) -> Iterator[Pair]:
    old, _, new = request.param.partition(" to ")
    made = Pair(both_kinds[old], both_kinds[new], keys)
    yield made
    made.close()


def test_everything_is_there_and_behaves_the_same(pair: Pair) -> None:
    restored = pair.restore(pair.backup())
    old, new = Versions(pair.old, pair.keys), Versions(pair.new, pair.keys)
    assert restored.number == 3
    assert new.head() == old.head()
    assert new.history() == old.history()
    assert all(new.document("api", number) == old.document("api", number) for number in (1, 2, 3))
    assert [(one.url, one.reason) for one in Drains(pair.new, pair.keys).now()] == [("http://a", "disk")]
    assert pair.new_admin.hgetall(pair.keys.limit_quota("q", 0)) == {b"g:n1": b"5"}
    assert 0 < pair.new_admin.pttl(pair.keys.limit_quota("q", 0)) <= 600_000
    assert pair.new_admin.zrange(pair.keys.usage_last(), 0, -1, withscores=True) == [
        (b"rfile/a", 17),
        (b"rfile/b", 18.5),
    ]
    assert pair.new_admin.hgetall(pair.keys.usage_day(20_000)) == {b"rfile/a": b"\x91\x01"}
    assert pair.new_admin.ttl(pair.keys.head()) == -1
    assert not [key for key in pair.new_admin.scan_iter() if b"restore" in key]


def test_nodes_that_followed_go_on_and_the_next_version_has_the_next_number(pair: Pair) -> None:
    before = Versions(pair.old, pair.keys).head()
    assert before is not None
    pair.restore(pair.backup())
    head = Versions(pair.new, pair.keys).head()
    assert isinstance(decide(Held(before.incarnation, before.number, before.digest), head), Stay)
    assert not Feed(pair.new, pair.keys).poll(before.seq).gap
    assert Feed(pair.new, pair.keys).poll(before.seq - 1).gap
    outcome = pair.publish(pair.new, 'rule b { when any; respond 200 "two" }')
    assert isinstance(outcome, Published)
    assert (outcome.number, outcome.incarnation) == (4, before.incarnation)
    (change,) = Feed(pair.new, pair.keys).poll(before.seq).entries
    assert change.id == "4"
    restored = Publisher(pair.new, pair.keys).restore(Draft(owner="api", base=4, author="ann"), 1)
    assert isinstance(restored, Published)


def test_what_the_empty_store_has_already_stays(pair: Pair) -> None:
    pair.new_admin.hset(pair.keys.access_tokens(), mapping={"t2": "new", "t3": "new"})
    pair.new_admin.xadd(pair.keys.audit(), {"entry": b"before"}, id="3-0")
    pair.new_admin.xadd(pair.keys.audit(), {"entry": b"after"}, id="9-0")
    pair.new_admin.hset(pair.keys.limit_quota("q", 0), "g:n1", 9)
    pair.new_admin.zadd(pair.keys.usage_last(), {"rfile/b": 99})
    pair.restore(pair.backup())
    assert pair.new_admin.hgetall(pair.keys.access_tokens()) == {b"t1": b"old", b"t2": b"new", b"t3": b"new"}
    audit = pair.new_admin.xrange(pair.keys.audit())
    assert [fields[b"entry"] for _, fields in audit] == [b"old", b"before", b"after"]
    assert pair.new_admin.hgetall(pair.keys.limit_quota("q", 0)) == {b"g:n1": b"9"}
    assert pair.new_admin.zscore(pair.keys.usage_last(), "rfile/b") == 99
    assert not [key for key in pair.new_admin.scan_iter() if b"restore" in key]


def test_a_store_with_versions_is_left_as_it_is(pair: Pair) -> None:
    pair.publish(pair.new, 'rule x { when any; respond 200 "x" }')
    before = {key: pair.new_admin.dump(key) for key in pair.new_admin.scan_iter()}
    with pytest.raises(NotEmpty, match="use an empty store"):
        pair.restore(pair.backup())
    assert {key: pair.new_admin.dump(key) for key in pair.new_admin.scan_iter()} == before


def test_a_truncated_or_altered_file_is_refused_before_anything_is_written(pair: Pair) -> None:
    data = pair.backup()
    for bad in (data[:-1], data[: len(data) // 2], data.replace(b"ann", b"bob", 1), data + b"x"):
        with pytest.raises(Unreadable):
            pair.restore(bad)
    assert list(pair.new_admin.scan_iter()) == []


def test_a_restore_that_is_broken_off_shows_nothing_and_can_be_repeated(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, whole = pair.backup(), Restore._load
    loads: list[str] = []

    def breaks(restore: Restore, run: str, entry: object) -> None:
        if len(loads) == 4:
            raise StoreAway("gone", sent=True)
        loads.append(run)
        whole(restore, run, entry)

    monkeypatch.setattr(Restore, "_load", breaks)
    with pytest.raises(StoreAway):
        pair.restore(data)
    assert Versions(pair.new, pair.keys).head() is None
    left = list(pair.new_admin.scan_iter())
    assert left
    assert all(b"restore" in key and pair.new_admin.ttl(key) > 0 for key in left)
    monkeypatch.undo()
    pair.restore(data)
    assert Versions(pair.new, pair.keys).head() == Versions(pair.old, pair.keys).head()


def test_a_publish_in_between_wins_and_nothing_is_restored(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Restore._rename

    def late(restore: Restore, *arguments: object) -> bool:
        pair.publish(pair.new, 'rule x { when any; respond 200 "x" }')
        return rename(restore, *arguments)

    monkeypatch.setattr(Restore, "_rename", late)
    with pytest.raises(NotEmpty):
        pair.restore(pair.backup())
    head = Versions(pair.new, pair.keys).head()
    assert head is not None
    assert head.number == 1
    assert not list(pair.new_admin.scan_iter("*:restore:*")), "what was loaded takes no room any more"


def test_of_restores_at_once_one_wins_and_the_others_are_told(pair: Pair) -> None:
    data = pair.backup()

    def restore(_number: int) -> str:
        try:
            pair.restore(data)
        except NotEmpty as error:
            return str(error)
        return "restored"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(restore, range(4)))
    assert outcomes.count("restored") == 1
    assert all("has versions of the cluster" in outcome for outcome in outcomes if outcome != "restored")
    assert Versions(pair.new, pair.keys).head() == Versions(pair.old, pair.keys).head()
    assert not list(pair.new_admin.scan_iter("*:restore:*"))


def test_what_was_loaded_and_is_gone_before_it_is_shown_restores_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Restore._rename

    def late(restore: Restore, session: object, run: str, keys: dict[str, int]) -> bool:
        pair.new_admin.delete(restore._hidden(run, "{control}:chunks"))
        return rename(restore, session, run, keys)

    monkeypatch.setattr(Restore, "_rename", late)
    with pytest.raises(StoreError, match="gone already"):
        pair.restore(pair.backup())
    assert Versions(pair.new, pair.keys).head() is None


NAMED = [
    Named("key", "k1"),
    Named("basic", "al"),
    Named("hmac", "h1"),
    Named("client", "c1"),
    Named("consumer", "alice"),
]


def with_credentials(client: Client, keys: Keys) -> None:
    for kind, record in (
        (CONSUMERS, Consumer(name="alice", created_ms=1, scopes=("read",))),
        (KEYS, ApiKey(id="k1", consumer="alice", hash="aa", created_ms=1)),
        (BASICS, BasicLogin(username="al", consumer="alice", password="$argon2id$", created_ms=1)),
        (HMACS, HmacKey(id="h1", consumer="alice", sealed=b"\xff\x00", created_ms=1)),
        (CLIENTS, OAuthClient(id="c1", name="app", consumer="alice", created_ms=1)),
        (USERS, User(name="ann", password="$argon2id$", created_ms=1)),
        (ISSUERS, Issuer(name="id", url="https://id.example", created_ms=1)),
        (INITIALS, InitialToken(id="i1", hash="bb", created_ms=1)),
    ):
        assert Records(client, keys, kind).create(record) == "created"
    Revoked(client, keys).add("jti", int(time.time()) + 3600)
    Used(client, keys).note({"key:k1": 60_000})


def verifiers(client: Client, keys: Keys) -> list[Verifier | None]:
    with client.session(keys.head()) as session:
        return read_verifiers(session, keys, NAMED)[0]


def test_the_same_keys_and_clients_work(pair: Pair) -> None:
    with_credentials(pair.old, pair.keys)
    pair.restore(pair.backup())
    assert None not in verifiers(pair.old, pair.keys)
    assert verifiers(pair.new, pair.keys) == verifiers(pair.old, pair.keys)
    for kind in EVERY_KIND:
        old, new = Records(pair.old, pair.keys, kind), Records(pair.new, pair.keys, kind)
        assert new.page() == old.page() != ([], "")
        assert new.page("alice") == old.page("alice")
    assert Revoked(pair.new, pair.keys).ends(["jti"]) == Revoked(pair.old, pair.keys).ends(["jti"])
    assert Used(pair.new, pair.keys).of(["key:k1"]) == {"key:k1": 60_000}
    assert Records(pair.new, pair.keys, CONSUMERS).remove("alice") == "removed"
    assert verifiers(pair.new, pair.keys)[:3] == [None, None, None]


def test_a_store_that_only_has_keys_is_not_taken_for_one_with_versions(pair: Pair) -> None:
    with_credentials(pair.old, pair.keys)
    mine = Consumer(name="alice", created_ms=2, scopes=("write",))
    Records(pair.new, pair.keys, CONSUMERS).create(mine)
    Records(pair.new, pair.keys, KEYS).create(ApiKey(id="k2", consumer="alice", hash="cc", created_ms=2))
    assert Versions(pair.new, pair.keys).head() is None
    assert pair.restore(pair.backup()).number == 3
    kept = Records(pair.new, pair.keys, CONSUMERS).get("alice")
    assert kept is not None
    assert kept.record == mine
    assert [each.record.id for each in Records(pair.new, pair.keys, KEYS).page("alice")[0]] == ["k1", "k2"]
    before = Feed(pair.new, pair.keys).poll(0).seq
    assert isinstance(pair.publish(pair.new, 'rule b { when any; respond 200 "two" }'), Published)
    assert [change.topic for change in Feed(pair.new, pair.keys).poll(before).entries] == ["version"]
