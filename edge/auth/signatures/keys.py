"""Keys of signatures, opened with the key ring and kept ready: that takes longer than what is done with them.

They are forgotten with everything that may have changed (``AuthServices.generation``), so that none outlives its
record by more than the next request.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from weir.secrets.errors import NoKey

if TYPE_CHECKING:
    from edge.auth.services import AuthServices
    from weir.models.auth.verifier import Verifier

PURPOSE = "store"
"""Of the key ring."""
MAX_KEPT = 1024


class SigningKeys:
    """Of one worker."""

    def __init__(self, services: AuthServices) -> None:
        self._services = services
        self._kept: dict[str, hmac.HMAC] = {}
        """By what is sealed."""
        self._generation = services.generation

    def digest(self, verifier: Verifier, base: bytes) -> bytes:
        """HMAC-SHA-256 of ``base``. Raises SecretsError where the key ring does not open the key."""
        generation = self._services.generation
        if generation != self._generation:
            self._kept.clear()
            self._generation = generation
        kept = self._kept.get(verifier.secret)
        if kept is None:
            kept = hmac.new(self._open(verifier), digestmod="sha256")
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[verifier.secret] = kept
        running = kept.copy()
        running.update(base)
        return running.digest()

    def _open(self, verifier: Verifier) -> bytes:
        ring = self._services.ring
        if ring is None:
            raise NoKey("this node has no key ring")
        return ring.open(PURPOSE, verifier.secret.encode("latin-1"), f"hmac:{verifier.id}")
