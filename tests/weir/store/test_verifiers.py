"""What a node is told of a credential."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from weir.models.auth.records import ApiKey, BasicLogin, Consumer, HmacKey, OAuthClient, Record
from weir.models.auth.verifier import Verifier, VerifierKind
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.oauth.opaque import OpaqueToken, OpaqueTokens
from weir.store.record_kinds import BASICS, CLIENTS, CONSUMERS, HMACS, KEYS, Kind
from weir.store.records import Records
from weir.store.verifiers import MAX_READ, Named, read_verifier, read_verifiers

ALICE = Consumer(name="alice", created_ms=1, tags=("gold", "eu"), scopes=("read", "write"))
KEY = ApiKey(id="k1", consumer="alice", hash="aa", created_ms=1, expires_ms=5)
BASIC = BasicLogin(username="al", consumer="alice", password="$argon2id$x", created_ms=1)
HMAC = HmacKey(id="h1", consumer="alice", sealed=bytes(range(256)), created_ms=1, expires_ms=6)
APP = OAuthClient(id="c1", name="app", consumer="alice", created_ms=1, not_before_ms=7, scopes=("read",))
TOKEN = OpaqueToken(
    id="t1", hash="bb", client="c1", subject="ann", scopes=("read",), audiences=("api",), created_ms=8, expires_ms=9
)  # fmt: skip


class Store:
    def __init__(self, client: Client, keys: Keys) -> None:
        self.client, self.keys = client, keys

    def put(self, kind: Kind[Any], record: Record) -> None:
        of = Records(self.client, self.keys, kind)
        kept = of.get(kind.id_of(record))
        assert (of.create(record) if kept is None else of.replace(record, kept.etag)) in (
            "created",
            "replaced",
        )

    def remove(self, kind: Kind[Any], id_: str) -> None:
        assert Records(self.client, self.keys, kind).remove(id_) == "removed"

    def read(self, kind: VerifierKind, id_: str) -> Verifier | None:
        with self.client.session(self.keys.head()) as session:
            return read_verifier(session, self.keys, kind, id_)[0]


@pytest.fixture
def store(client: Client, keys: Keys) -> Store:
    made = Store(client, keys)
    for kind, record in ((CONSUMERS, ALICE), (KEYS, KEY), (BASICS, BASIC), (HMACS, HMAC), (CLIENTS, APP)):
        made.put(kind, record)
    OpaqueTokens(client, keys).keep(TOKEN)
    return made


COMMON: dict[str, Any] = {"consumer": "alice", "tags": ALICE.tags}
SCOPED: dict[str, Any] = {**COMMON, "scopes": ALICE.scopes}
EXPECTED = [
    Verifier(kind="key", id="k1", secret="aa", expires_ms=5, **SCOPED),
    Verifier(kind="basic", id="al", secret="$argon2id$x", **SCOPED),
    Verifier(kind="hmac", id="h1", secret=HMAC.sealed.decode("latin-1"), expires_ms=6, **SCOPED),
    Verifier(kind="client", id="c1", not_before_ms=7, **COMMON),
    Verifier(
        kind="opaque", id="t1", secret="bb", expires_ms=9, not_before_ms=7, scopes=("read",),
        subject="ann", client="c1", audiences=("api",), **COMMON,
    ),
    Verifier(kind="consumer", id="alice", **SCOPED),
]  # fmt: skip


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda verifier: verifier.kind)
def test_a_verifier_has_what_credential_and_consumer_say(store: Store, expected: Verifier) -> None:
    assert store.read(expected.kind, expected.id) == expected
    assert store.read(expected.kind, "nothing") is None


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda verifier: verifier.kind)
def test_a_disabled_consumer_disables_all_that_it_has(store: Store, expected: Verifier) -> None:
    store.put(CONSUMERS, msgspec.structs.replace(ALICE, disabled=True))
    assert store.read(expected.kind, expected.id) == msgspec.structs.replace(expected, enabled=False)


@pytest.mark.parametrize(("kind", "record"), [(KEYS, KEY), (BASICS, BASIC), (HMACS, HMAC), (CLIENTS, APP)])
def test_a_credential_can_be_disabled_alone(store: Store, kind: Kind[Any], record: Record) -> None:
    store.put(kind, msgspec.structs.replace(record, disabled=True))
    for expected in EXPECTED:
        mine = expected.kind == kind.named or (kind is CLIENTS and expected.kind == "opaque")
        found = store.read(expected.kind, expected.id)
        assert found is not None
        assert found.enabled is not mine


def test_a_key_never_has_a_scope_that_its_consumer_lost(store: Store) -> None:
    store.put(KEYS, msgspec.structs.replace(KEY, scopes=("write", "admin")))
    found = store.read("key", "k1")
    assert found is not None
    assert found.scopes == ("write",)
    store.put(CONSUMERS, msgspec.structs.replace(ALICE, scopes=("read",)))
    found = store.read("key", "k1")
    assert found is not None
    assert found.scopes == ()


def test_a_credential_whose_consumer_is_gone_verifies_nobody(store: Store) -> None:
    """As a backup that was made while a consumer was removed may have it."""
    store.client.call("HDEL", store.keys.records("consumers"), "alice")
    assert [store.read(expected.kind, expected.id) for expected in EXPECTED] == [None] * len(EXPECTED)


def test_a_client_whose_consumer_is_gone_has_a_verifier_without_one_that_lets_nobody_in(store: Store) -> None:
    store.remove(CONSUMERS, "alice")
    found = store.read("client", "c1")
    assert found == Verifier(kind="client", id="c1", not_before_ms=7, enabled=False)
    token = store.read("opaque", "t1")
    assert token is not None
    assert (token.consumer, token.tags, token.enabled) == ("", (), False)


def test_an_opaque_token_ends_with_its_client_and_when_the_client_revokes_all(store: Store) -> None:
    store.put(CLIENTS, msgspec.structs.replace(APP, not_before_ms=TOKEN.created_ms))
    assert store.read("opaque", "t1") is not None
    store.put(CLIENTS, msgspec.structs.replace(APP, not_before_ms=TOKEN.created_ms + 1))
    assert store.read("opaque", "t1") is None
    store.put(CLIENTS, APP)
    store.remove(CLIENTS, "c1")
    assert store.read("opaque", "t1") is None


def test_many_are_read_at_once_with_the_change_that_they_are_of(store: Store) -> None:
    names = [Named(each.kind, each.id) for each in EXPECTED]
    wanted = [*names, Named("key", "\ud800"), Named("opaque", "none"), *names]
    with store.client.session(store.keys.head()) as session:
        found, seq = read_verifiers(session, store.keys, wanted)
        assert found == [*EXPECTED, None, None, *EXPECTED]
        assert seq == Feed(store.client, store.keys).poll(0).seq
        assert read_verifiers(session, store.keys, []) == ([], seq)
        full = [Named("key", str(number)) for number in range(MAX_READ)]
        assert read_verifiers(session, store.keys, full)[0] == [None] * MAX_READ
        with pytest.raises(ValueError, match="501 verifiers are wanted at once; 500 can be read"):
            read_verifiers(session, store.keys, [*full, Named("key", "x")])


def test_in_an_empty_store_there_is_none(client: Client, keys: Keys) -> None:
    with client.session(keys.head()) as session:
        assert read_verifier(session, keys, "key", "k1") == (None, 0)


def test_a_record_of_another_shape_is_said(store: Store) -> None:
    store.client.call("HSET", store.keys.records("keys"), "k1", b"\x81\xa2id\x01")
    with pytest.raises(StoreError, match="one of the keys in the store cannot be read"):
        store.read("key", "k1")
