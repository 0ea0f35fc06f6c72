from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import RunningServer
from weir.store.connect import Client, connect
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.signing import AuthPublic, SealedKey, SigningStore

PUBLIC = AuthPublic(issuer="https://login.example.com", jwks='{"keys":[]}')


def key(kid: str, begins_ms: int = 1) -> SealedKey:
    return SealedKey(
        kid=kid, algorithm="ES256", public="{}", sealed=b"\xff\x00", created_ms=1, signs_from_ms=begins_ms
    )


@pytest.fixture
def signing(client: Client, keys: Keys) -> SigningStore:
    return SigningStore(client, keys)


def test_an_empty_store_has_no_keys(signing: SigningStore) -> None:
    found = signing.read()
    assert (found.revision, found.keys, found.public) == (0, (), None)
    assert signing.public() is None


def test_keys_come_back_by_when_they_begin(signing: SigningStore) -> None:
    later, sooner = key("a", 20), key("b", 10)
    assert signing.write(0, PUBLIC, put=[later, sooner]) == 1
    found = signing.read()
    assert (found.revision, found.keys, found.public) == (1, (sooner, later), PUBLIC)
    assert signing.public() == PUBLIC
    assert found.now_ms > 1_000_000_000_000


def test_a_key_is_replaced_and_removed(signing: SigningStore) -> None:
    signing.write(0, PUBLIC, put=[key("a"), key("b")])
    assert signing.write(1, PUBLIC, put=[key("a", 5)], remove=["b"]) == 2
    assert signing.read().keys == (key("a", 5),)


def test_nodes_are_told(signing: SigningStore, client: Client, keys: Keys) -> None:
    signing.write(0, PUBLIC, put=[key("a")], change="a")
    assert [(each.topic, each.id) for each in Feed(client, keys).poll(0).entries] == [("signing", "a")]


def test_of_several_writers_one_is_first(server: RunningServer, signing: SigningStore) -> None:
    def write(number: int) -> int:
        own = connect(server.url, timeout_s=10.0)
        try:
            return SigningStore(own, Keys("test")).write(0, PUBLIC, put=[key(f"k{number}")])
        finally:
            own.close()

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(write, range(6))) == [0] * 5 + [1]
    assert len(signing.read().keys) == 1


def test_what_cannot_be_read_is_an_error(signing: SigningStore, server: RunningServer, keys: Keys) -> None:
    server.admin().set(keys.auth_public(), b"\xc1")
    with pytest.raises(StoreError, match="public keys"):
        signing.public()
    server.admin().hset(keys.signing(), "a", b"\xc1")
    with pytest.raises(StoreError, match="signing key"):
        signing.read()
