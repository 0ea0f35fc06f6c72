"""Whether a name and a password belong together: slow, bounded by address and by name, and silent about who exists."""

from __future__ import annotations

import hashlib
from math import ceil
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from auth.people.hashing import Hashing
from weir.models.auth.records import User
from weir.secrets.passwords import needs_rehash
from weir.store.attempts import Attempts, Bound
from weir.store.login_throttle import counted_as
from weir.store.records import Kept, Records

MOST_BY_ADDRESS = 20
ADDRESS_WINDOW_MS = 60_000
MOST_BY_NAME = 10
NAME_WINDOW_MS = 300_000
"""Wrong passwords for one name, whoever tries: at most 2880 a day, which no password of eight characters fears."""
MAX_NAME = 128

Verdict: TypeAlias = Literal["right", "wrong", "wait"]


class Tried(NamedTuple):
    verdict: Verdict
    user: User | None = None
    wait_s: int = 0


class SignIn:
    """Raises ``hashing.Busy``, StoreAway and StoreError."""

    def __init__(self, users: Records[User], attempts: Attempts, hashing: Hashing) -> None:
        self._users = users
        self._attempts = attempts
        self._hashing = hashing

    def attempt(self, name: str, password: str, address: str) -> Tried:
        """A disabled person is told the same as a wrong password."""
        if not 0 < len(name) <= MAX_NAME:
            return Tried("wrong")
        bounds = self._bounds(name, address)
        if wait_ms := self._attempts.take(*bounds):
            return Tried("wait", wait_s=max(1, ceil(wait_ms / 1000)))
        kept = self._users.get(name)
        is_right = self._hashing.is_right(password, kept.record.password if kept else None)
        if not is_right or kept is None or kept.record.disabled:
            return Tried("wrong")
        self._attempts.take_back(*bounds)
        return Tried("right", self._kept_up(kept, password))

    def _kept_up(self, kept: Kept[User], password: str) -> User:
        """The person, whose password is hashed anew where it was hashed as one does no more."""
        if not needs_rehash(kept.record.password):
            return kept.record
        renewed = msgspec.structs.replace(kept.record, password=self._hashing.hash(password))
        # Somebody else changed the person at this moment: next time then.
        return renewed if self._users.replace(renewed, kept.etag) == "replaced" else kept.record

    def _bounds(self, name: str, address: str) -> tuple[Bound, Bound]:
        return (
            Bound(f"login-address {counted_as(address)}", MOST_BY_ADDRESS, ADDRESS_WINDOW_MS),
            Bound(f"login-name {name}", MOST_BY_NAME, NAME_WINDOW_MS),
        )


def stamp_of(user: User) -> str:
    """What a session keeps of the password it began with: another password, another stamp."""
    return hashlib.sha256(user.password.encode()).hexdigest()[:16]
