"""Passwords and keys of signatures, beside the API keys of ``Credentials``, and the key ring that opens them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from edge.engine import Engine
from tests.support.credentials import Credentials
from tests.support.signed import KEY_ID, SECRET
from weir.models.auth.verifier import Verifier
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import RingKey, new_key


def quick_hash(password: str) -> str:
    """That costs almost nothing to verify."""
    kdf = Argon2id(salt=b"a salt of sixteen", length=32, iterations=1, lanes=1, memory_cost=8)
    return kdf.derive_phc_encoded(password.encode())


class SharedSecrets(Credentials):
    """Everything is the consumer alice's unless ``more`` says otherwise."""

    def __init__(self, keys: Sequence[RingKey] = ()) -> None:
        """``keys`` of the ring; none: new ones."""
        super().__init__()
        self.ring = KeyRing(keys or (new_key("store"),))

    def serve(self, engine: Engine) -> SharedSecrets:
        super().serve(engine)
        engine.auth.ring = self.ring
        return self

    def hmac_key(self, id: str = KEY_ID, secret: bytes = SECRET, **more: Any) -> Verifier:  # noqa: A002
        sealed = self.ring.seal("store", secret, f"hmac:{id}").decode("latin-1")
        return self._put(Verifier(kind="hmac", id=id, secret=sealed, **{"consumer": "alice", **more}))

    def login(self, username: str = "alice", password: str = "correct horse", **more: Any) -> Verifier:
        return self._put(
            Verifier(kind="basic", id=username, secret=quick_hash(password), **{"consumer": "alice", **more})
        )

    def _put(self, verifier: Verifier) -> Verifier:
        """Whoever has it already is told of the change."""
        is_change = verifier.name in self.known
        self.put(verifier)
        if is_change:
            self.drop(verifier.name)
        return verifier
