"""Records: what may be made, replaced and removed, and that the feed hears of it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from tests.support.servers import RunningServer
from weir.models.auth.records import (
    ApiKey,
    BasicLogin,
    Consumer,
    HmacKey,
    InitialToken,
    Issuer,
    OAuthClient,
    Record,
    User,
)
from weir.store import record_kinds, records
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
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
    Kind,
)
from weir.store.records import Records
from weir.store.used import Used

ALICE = Consumer(name="alice", created_ms=1, tags=("gold",), scopes=("read", "write"))
EXAMPLES: dict[str, Record] = {
    "consumers": Consumer(name="bob", created_ms=1),
    "keys": ApiKey(id="k1", consumer="alice", hash="00", created_ms=1),
    "basics": BasicLogin(username="al", consumer="alice", password="$argon2id$", created_ms=1),
    "hmacs": HmacKey(id="h1", consumer="alice", sealed=b"\xff\x00", created_ms=1),
    "clients": OAuthClient(id="c1", name="app", consumer="alice", created_ms=1),
    "users": User(name="ann", password="$argon2id$", created_ms=1),
    "issuers": Issuer(name="keycloak", url="https://id.example", created_ms=1),
    "initials": InitialToken(id="i1", hash="00", created_ms=1),
}
"""One of each kind."""


class Store:
    """Everything that the tests ask of one store."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self.client, self.keys = client, keys
        self.feed = Feed(client, keys)

    def of(self, kind: Kind[Any]) -> Records[Any]:
        return Records(self.client, self.keys, kind)

    def heard(self, since: int) -> list[tuple[str, str]]:
        return [(change.topic, change.id) for change in self.feed.poll(since).entries]

    def seq(self) -> int:
        return self.feed.poll(0).seq

    def index(self, kind: Kind[Any]) -> list[bytes]:
        found: list[bytes] = self.client.call("ZRANGE", self.keys.record_index(kind.name), 0, -1)
        return found


@pytest.fixture
def store(client: Client, keys: Keys) -> Store:
    made = Store(client, keys)
    assert made.of(CONSUMERS).create(ALICE) == "created"
    return made


def example(kind: Kind[Any]) -> Any:
    return EXAMPLES[kind.name]


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.name)
def test_a_record_of_each_kind_is_made_read_replaced_and_removed_and_the_feed_hears_it(
    store: Store, kind: Kind[Any]
) -> None:
    of, record = store.of(kind), example(kind)
    id_, before, since = kind.id_of(record), of.count(), store.seq()
    assert of.get(id_) is None
    assert of.create(record) == "created"
    assert of.create(record) == "exists"
    assert of.count() == before + 1
    kept = of.get(id_)
    assert kept is not None
    assert kept.record == record
    changed = msgspec.structs.replace(record, disabled=True)
    assert of.replace(changed, kept.etag) == "replaced"
    assert of.replace(record, kept.etag) == "stale"
    assert of.remove(id_, kept.etag) == "stale"
    again = of.get(id_)
    assert again is not None
    assert again.record == changed
    assert of.remove(id_, again.etag) == "removed"
    assert of.remove(id_) == of.remove(id_, again.etag) == of.replace(changed, again.etag) == "missing"
    assert of.count() == before
    assert store.heard(since) == [(kind.topic, kind.change(id_))] * 3


def test_the_etag_is_of_the_stored_bytes(store: Store) -> None:
    kept = store.of(CONSUMERS).get("alice")
    data = store.client.call("HGET", store.keys.records("consumers"), "alice")
    assert kept is not None
    assert kept.etag == hashlib.sha256(data).hexdigest()[:16]


@pytest.mark.parametrize("kind", [KEYS, BASICS, HMACS, CLIENTS], ids=lambda kind: kind.name)
def test_nothing_is_made_for_a_consumer_that_does_not_exist(store: Store, kind: Kind[Any]) -> None:
    record = msgspec.structs.replace(example(kind), consumer="nobody")
    assert store.of(kind).create(record) == "orphan"
    assert store.of(kind).count() == 0


def test_only_a_client_may_be_without_consumer_or_get_another(store: Store) -> None:
    clients = store.of(CLIENTS)
    assert clients.create(OAuthClient(id="c1", name="app", created_ms=1)) == "created"
    kept = clients.get("c1")
    assert kept is not None
    owned = msgspec.structs.replace(kept.record, consumer="alice")
    assert clients.replace(msgspec.structs.replace(owned, consumer="nobody"), kept.etag) == "orphan"
    assert clients.replace(owned, kept.etag) == "replaced"
    assert [each.record for each in clients.page("alice")[0]] == [owned]
    with pytest.raises(StoreError, match="an id must have"):
        store.of(KEYS).create(ApiKey(id="k", consumer="", hash="00", created_ms=1))
    store.of(CONSUMERS).create(Consumer(name="bob", created_ms=1))
    store.of(KEYS).create(example(KEYS))
    kept = store.of(KEYS).get("k1")
    assert kept is not None
    with pytest.raises(StoreError, match="belongs to the consumer alice"):
        store.of(KEYS).replace(msgspec.structs.replace(kept.record, consumer="bob"), kept.etag)


def test_with_a_consumer_go_its_credentials_and_last_uses_and_its_clients_are_nobodys_and_disabled(
    store: Store,
) -> None:
    store.of(CONSUMERS).create(Consumer(name="alice2", created_ms=1))
    for kind in (KEYS, BASICS, HMACS, CLIENTS):
        other = msgspec.structs.replace(example(kind), consumer="alice2", **{kind.id_field: "other"})
        assert store.of(kind).create(example(kind)) == store.of(kind).create(other) == "created"
    used = Used(store.client, store.keys)
    used.note({"key:k1": 60_000, "key:other": 60_000, "consumer:alice": 60_000})
    since = store.seq()
    assert store.of(CONSUMERS).remove("alice") == "removed"
    assert store.heard(since) == [("credential", "consumer:alice")]
    for kind in (KEYS, BASICS, HMACS):
        assert store.of(kind).get(kind.id_of(example(kind))) is None
        assert [kind.id_of(each.record) for each in store.of(kind).page()[0]] == ["other"]
        assert store.index(kind) == [b"iother", b"oalice2\0other"]
    client = store.of(CLIENTS).get("c1")
    assert client is not None
    assert client.record == msgspec.structs.replace(example(CLIENTS), consumer="", disabled=True)
    assert store.index(CLIENTS) == [b"ic1", b"iother", b"oalice2\0other"]
    assert used.of(["key:k1", "key:other", "consumer:alice"]) == {"key:other": 60_000}


FULL_CLIENT = OAuthClient(
    id="c", name="app", consumer="alice", created_ms=1_800_000_000_000, created_by="ann", hash="ff", previous_hash="ee",
    previous_until_ms=2**52, jwks='{"keys":[]}', redirect_uris=("https://a/é", "http://127.0.0.1/"), scopes=("a", "b"),
    grants=(), audiences=("x",), opaque=True, access_s=1, refresh_s=2, consent=False, not_before_ms=3,
)  # fmt: skip


@pytest.mark.parametrize(
    "client_record", [FULL_CLIENT, OAuthClient(id="c", name="", consumer="alice", created_ms=0)]
)
def test_a_client_that_loses_its_consumer_is_disabled_and_keeps_everything_else(
    store: Store, client_record: OAuthClient
) -> None:
    store.of(CLIENTS).create(client_record)
    store.of(CONSUMERS).remove("alice")
    kept = store.of(CLIENTS).get("c")
    assert kept is not None
    assert kept.record == msgspec.structs.replace(client_record, consumer="", disabled=True)


def test_a_new_consumer_starts_without_what_an_earlier_one_of_its_name_left(store: Store) -> None:
    """As a backup that was made while a consumer was removed may have it."""
    store.of(KEYS).create(example(KEYS))
    store.client.call("HDEL", store.keys.records("consumers"), "alice")
    assert store.of(CONSUMERS).create(ALICE) == "created"
    assert store.of(KEYS).get("k1") is None
    assert store.index(KEYS) == []


def test_there_are_so_many_of_a_kind_and_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Kind(name="users", type=User, id_field="name", most=2, topic="user")
    of = store.of(few)
    users = [User(name=name, password="x", created_ms=1) for name in ("a", "b", "c")]
    assert [of.create(user) for user in users] == ["created", "created", "full"]
    of.remove("a")
    assert of.create(users[2]) == "created"
    consumers = Kind(
        name="consumers", type=Consumer, id_field="name", most=1, topic="credential", named="consumer"
    )
    assert store.of(consumers).create(Consumer(name="bob", created_ms=1)) == "full"


def test_a_consumer_has_so_many_of_each_kind_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_OF_OWNER", 2)
    made = [
        store.of(KEYS).create(ApiKey(id=f"k{n}", consumer="alice", hash="00", created_ms=1)) for n in range(3)
    ]
    assert made == ["created", "created", "full"]
    for name in ("c1", "c2", "c3"):
        store.of(CLIENTS).create(
            OAuthClient(id=name, name=name, consumer="alice" * (name != "c3"), created_ms=1)
        )
    kept = store.of(CLIENTS).get("c3")
    assert kept is not None
    assert (
        store.of(CLIENTS).replace(msgspec.structs.replace(kept.record, consumer="alice"), kept.etag) == "full"
    )
    assert record_kinds.MOST_OF_OWNER == 1000


def test_pages_are_in_order_of_the_ids_and_meet_every_record_once(store: Store) -> None:
    names = sorted([f"u{number}" for number in range(25)] + ["a", "a ", "é", "a\u00a0b", "Z"], key=str.encode)
    for name in reversed(names):
        store.of(USERS).create(User(name=name, password="x", created_ms=1))
    found: list[str] = []
    after, pages = "", 0
    while True:
        page, after = store.of(USERS).page(after=after, limit=7)
        found += [each.record.name for each in page]
        pages += 1
        if not after:
            break
    assert found == names
    assert pages == 5


def test_a_page_of_a_consumer_has_its_own_and_no_namesakes(store: Store) -> None:
    for owner in ("ali", "alice", "alice-2"):
        store.of(CONSUMERS).create(Consumer(name=owner, created_ms=1))
        for number in range(3):
            store.of(KEYS).create(ApiKey(id=f"{owner}{number}", consumer=owner, hash="00", created_ms=1))
    page, after = store.of(KEYS).page("alice", limit=2)
    assert [each.record.id for each in page] == ["alice0", "alice1"]
    page, after = store.of(KEYS).page("alice", after)
    assert ([each.record.id for each in page], after) == (["alice2"], "")
    assert len(store.of(KEYS).page()[0]) == 9


def test_an_index_that_is_wrong_shows_nothing_of_somebody_else(store: Store) -> None:
    store.of(CONSUMERS).create(Consumer(name="bob", created_ms=1))
    store.of(CLIENTS).create(example(CLIENTS))
    store.client.call("ZADD", store.keys.record_index("clients"), 0, b"obob\0c1", 0, b"obob\0gone")
    assert store.of(CLIENTS).page("bob") == ([], "")
    store.of(CONSUMERS).remove("bob")
    kept = store.of(CLIENTS).get("c1")
    assert kept is not None
    assert kept.record.consumer == "alice"


def test_fields_of_a_newer_program_stay(store: Store) -> None:
    newer = {**msgspec.structs.asdict(ALICE), "name": "new", "schema": 2, "later": [1, "x"]}
    store.client.call("HSET", store.keys.records("consumers"), "new", msgspec.msgpack.encode(newer))
    kept = store.of(CONSUMERS).get("new")
    assert kept is not None
    assert (
        store.of(CONSUMERS).replace(msgspec.structs.replace(kept.record, description="d"), kept.etag)
        == "replaced"
    )
    data = msgspec.msgpack.decode(store.client.call("HGET", store.keys.records("consumers"), "new"))
    assert data == msgspec.msgpack.decode(msgspec.msgpack.encode({**newer, "description": "d"}))


@pytest.mark.parametrize("id_", ["", "a\0b", "a\nb", "a\x7f", "é" * 129, "\ud800"])
def test_an_id_that_could_be_mistaken_is_refused(store: Store, id_: str) -> None:
    user = User(name=id_, password="x", created_ms=1)
    for refused in (lambda: store.of(USERS).create(user), lambda: store.of(USERS).replace(user, "")):
        with pytest.raises(StoreError, match="an id must have 1 to 256 bytes"):
            refused()
    assert (store.of(USERS).get(id_), store.of(USERS).remove(id_)) == (None, "missing")


def test_the_longest_id_and_the_largest_record_fit_and_one_byte_more_does_not(store: Store) -> None:
    assert store.of(USERS).create(User(name="é" * 128, password="x", created_ms=1)) == "created"
    empty = User(name="big", password="", email="", created_ms=1)
    room = (
        64 * 1024 - len(msgspec.msgpack.encode(empty)) - 2
    )  # a text of so many bytes has a head of three, not one
    fitting = msgspec.structs.replace(empty, email="x" * room)
    with pytest.raises(StoreError, match="a record of 65537 bytes is over the limit of 64 KiB"):
        store.of(USERS).create(msgspec.structs.replace(fitting, email="x" * (room + 1)))
    assert store.of(USERS).create(fitting) == "created"


def test_a_record_of_another_shape_is_said(store: Store, server: RunningServer, keys: Keys) -> None:
    server.admin().hset(keys.records("issuers"), "x", b"\x01")
    with pytest.raises(StoreError, match="one of the issuers in the store cannot be read"):
        store.of(ISSUERS).get("x")


def test_consumers_can_be_made_before_anything_is_published(store: Store) -> None:
    assert store.heard(0) == [("credential", "consumer:alice")]
    assert store.feed.poll(0).incarnation == ""
    assert store.of(INITIALS).now_ms() > 1_700_000_000_000
