"""Everything that is sealed in the store is found, and sealed again with a newer key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.support.tree import ROOT, tracked
from weir.models.auth.records import Consumer, HmacKey
from weir.secrets.ring import KeyRing, NoKey, key_id
from weir.secrets.ring_file import new_key
from weir.store import sealed as module
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS, HMACS
from weir.store.records import Records
from weir.store.sealed import SealedPlaces, hmac_bound
from weir.store.signing import AuthPublic, SealedKey, SigningStore

OLD = (new_key("store", 1000), new_key("signing", 1000))
NEW = (new_key("store", 2000), new_key("signing", 2000))
PUBLIC = AuthPublic(issuer="https://a", jwks="{}")


@pytest.fixture
def places(client: Client, keys: Keys) -> SealedPlaces:
    """Three hmac keys and two signing keys, sealed with the old ring."""
    ring = KeyRing(OLD)
    Records(client, keys, CONSUMERS).create(Consumer(name="alice", created_ms=1))
    for name in ("h1", "h2", "h3"):
        sealed = ring.seal("store", name.encode(), hmac_bound(name))
        Records(client, keys, HMACS).create(HmacKey(id=name, consumer="alice", sealed=sealed, created_ms=1))
    SigningStore(client, keys).write(0, PUBLIC, put=[signing_key(ring, "s1"), signing_key(ring, "s2")])
    return SealedPlaces(client, keys)


def signing_key(ring: KeyRing, kid: str) -> SealedKey:
    sealed = ring.seal("signing", kid.encode(), f"signing:{kid}")
    return SealedKey(kid=kid, algorithm="ES256", public="{}", sealed=sealed, created_ms=1, signs_from_ms=1)


def opened(places: SealedPlaces, ring: KeyRing) -> dict[str, bytes]:
    return {each.bound: ring.open(each.purpose, each.data, each.bound) for each in places.every()}


EVERYTHING = {"hmac:h1": b"h1", "hmac:h2": b"h2", "hmac:h3": b"h3", "signing:s1": b"s1", "signing:s2": b"s2"}


def test_everything_is_found(places: SealedPlaces) -> None:
    assert opened(places, KeyRing(OLD)) == EVERYTHING


def test_after_sealing_again_the_new_keys_are_enough(places: SealedPlaces) -> None:
    both = KeyRing((*OLD, *NEW))
    for found in list(places.every()):
        assert places.seal_again(found, both)
    assert opened(places, KeyRing(NEW)) == EVERYTHING
    assert {key_id(each.data) for each in places.every()} == {key.id for key in NEW}


def test_what_the_ring_cannot_open_stays_as_it_is(places: SealedPlaces) -> None:
    for found in list(places.every()):
        with pytest.raises(NoKey):
            places.seal_again(found, KeyRing(NEW))
    assert opened(places, KeyRing(OLD)) == EVERYTHING


def test_what_is_gone_meanwhile_is_left_alone(places: SealedPlaces, client: Client, keys: Keys) -> None:
    found = list(places.every())
    Records(client, keys, CONSUMERS).remove("alice")
    signing = SigningStore(client, keys)
    signing.write(signing.read().revision, PUBLIC, remove=["s1", "s2"])
    assert [places.seal_again(each, KeyRing((*OLD, *NEW))) for each in found] == [False] * 5


def test_what_somebody_else_changes_meanwhile_is_read_again_and_not_for_ever(
    places: SealedPlaces, client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    hmacs, signing = Records(client, keys, HMACS), SigningStore(client, keys)
    changes = iter(range(2))
    again = module._again

    def disturbed(found: Any, ring: KeyRing) -> bytes:
        if next(changes, None) is not None:
            kept = hmacs.get("h1")
            assert kept is not None
            hmacs.replace(
                msgspec.structs.replace(kept.record, expires_ms=kept.record.expires_ms + 1), kept.etag
            )
            signing.write(signing.read().revision, PUBLIC)
        return again(found, ring)

    monkeypatch.setattr(module, "_again", disturbed)
    both = KeyRing((*OLD, *NEW))
    for found in list(places.every()):
        assert places.seal_again(found, both)
    kept = hmacs.get("h1")
    assert kept is not None
    assert kept.record.expires_ms == 2
    changes = iter(range(100))
    with pytest.raises(StoreError, match="somebody else keeps changing hmac:h1"):
        places.seal_again(next(places.every()), both)


def test_whoever_seals_is_known_here() -> None:
    """What is sealed in the store has its place in ``sealed``; what a node has on its disk is read again without it."""
    in_store = {
        "admin_api/accounts.py",
        "admin_api/handlers/hmac_keys.py",
        "auth/signing/signing_keys.py",
        "weir/store/sealed.py",
    }
    on_disk = {"edge/agent/credentials/snapshot.py"}
    sources = [
        path for path in tracked("*.py") if path.parts[0] in ("weir", "edge", "admin_api", "auth", "scripts")
    ]
    sealing = {str(path) for path in sources if ".seal(" in (ROOT / path).read_text(encoding="utf-8")}
    assert sealing == in_store | on_disk
