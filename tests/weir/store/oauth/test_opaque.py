from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.models.auth.secret_text import SecretText, new_secret
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.oauth import opaque as module
from weir.store.oauth.opaque import OpaqueToken, OpaqueTokens

FAR_MS = 2**45


@pytest.fixture
def opaque(client: Client, keys: Keys) -> OpaqueTokens:
    return OpaqueTokens(client, keys)


def record(secret: SecretText, expires_ms: int = FAR_MS, sid: str = "") -> OpaqueToken:
    return OpaqueToken(
        id=secret.id,
        hash=secret.hash(),
        client="web",
        subject="alice",
        scopes=("read",),
        audiences=("https://api.example.com",),
        created_ms=1,
        expires_ms=expires_ms,
        sid=sid,
    )


def test_a_token_is_kept_without_its_secret(opaque: OpaqueTokens, server: RunningServer, keys: Keys) -> None:
    secret = new_secret("weiro")
    assert opaque.keep(record(secret))
    assert opaque.get(secret) == record(secret)
    kept = server.admin().hget(keys.opaque_tokens(), secret.id)
    assert isinstance(kept, bytes)
    assert secret.secret.encode() not in kept


def test_a_revoked_token_is_gone_and_nodes_are_told(opaque: OpaqueTokens, client: Client, keys: Keys) -> None:
    secret = new_secret("weiro")
    opaque.keep(record(secret, sid="family"))
    assert opaque.revoke(secret.id)
    assert opaque.get(secret) is None
    assert not opaque.revoke(secret.id)
    entries = Feed(client, keys).poll(0).entries
    assert {(each.topic, each.id) for each in entries} == {("credential", f"opaque:{secret.id}")}
    assert client.call("ZRANGE", keys.opaque_index(), 0, -1) == []


def test_ended_tokens_make_room_and_others_do_not(
    opaque: OpaqueTokens, keys: Keys, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_TOKENS", 2)
    ended, good, new = (new_secret("weiro") for _ in range(3))
    assert opaque.keep(record(ended, expires_ms=1, sid="family"))
    assert opaque.keep(record(good))
    assert opaque.keep(record(new))
    assert opaque.get(ended) is None
    assert client.call("ZRANGE", keys.opaque_index(), 0, -1) == []
    assert not opaque.keep(record(new_secret("weiro")))


def test_what_cannot_be_read_is_an_error(opaque: OpaqueTokens, server: RunningServer, keys: Keys) -> None:
    secret = new_secret("weiro")
    server.admin().hset(keys.opaque_tokens(), secret.id, b"\xc1")
    with pytest.raises(StoreError, match="opaque token"):
        opaque.get(secret)
