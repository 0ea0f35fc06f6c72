"""Keys of signatures are opened once, and forgotten when anything may have changed."""

from __future__ import annotations

import hmac

import msgspec
import pytest

from edge.auth.services import AuthServices
from edge.auth.signatures.keys import MAX_KEPT, SigningKeys
from edge.link.asks import Asks
from tests.support.shared_secrets import SharedSecrets
from tests.support.signed import SECRET
from weir.secrets.errors import NoKey, SecretsError
from weir.secrets.ring import KeyRing

BASE = b'"@method": GET'


class CountingRing(KeyRing):
    opened = 0

    def open(self, purpose: str, sealed: bytes, bound: str) -> bytes:
        self.opened += 1
        return super().open(purpose, sealed, bound)


@pytest.fixture
def known() -> SharedSecrets:
    return SharedSecrets()


@pytest.fixture
def services(known: SharedSecrets) -> AuthServices:
    made = AuthServices(Asks(), lambda: 60.0)
    made.ring = CountingRing(known.ring.every())
    return made


def opened(services: AuthServices) -> int:
    assert isinstance(services.ring, CountingRing)
    return services.ring.opened


def test_a_key_is_opened_once(known: SharedSecrets, services: AuthServices) -> None:
    keys, verifier = SigningKeys(services), known.hmac_key()
    for base in (BASE, b"", BASE, BASE * 100):
        assert keys.digest(verifier, base) == hmac.digest(SECRET, base, "sha256")
    assert opened(services) == 1


def test_what_changed_is_opened_again(known: SharedSecrets, services: AuthServices) -> None:
    keys = SigningKeys(services)
    keys.digest(known.hmac_key(), BASE)
    services.changed()
    other = known.hmac_key(secret=b"another")
    assert keys.digest(other, BASE) == hmac.digest(b"another", BASE, "sha256")
    assert len(keys._kept) == 1
    assert opened(services) == 2


def test_so_many_are_kept(known: SharedSecrets, services: AuthServices) -> None:
    keys = SigningKeys(services)
    verifiers = [known.hmac_key(f"key-{number}") for number in range(MAX_KEPT + 1)]
    for verifier in verifiers[:MAX_KEPT]:
        keys.digest(verifier, BASE)
    assert len(keys._kept) == MAX_KEPT
    keys.digest(verifiers[MAX_KEPT], BASE)
    assert len(keys._kept) == 1


def test_what_does_not_open_is_not_kept(known: SharedSecrets, services: AuthServices) -> None:
    keys, verifier = SigningKeys(services), known.hmac_key()
    with pytest.raises(SecretsError):
        keys.digest(msgspec.structs.replace(verifier, id="another"), BASE)
    services.ring = None
    with pytest.raises(NoKey):
        keys.digest(verifier, BASE)
    assert keys._kept == {}
