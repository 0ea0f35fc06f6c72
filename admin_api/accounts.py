"""Who may call the APIs behind the gateway, and who may sign in: what handlers of these resources work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from gevent.lock import BoundedSemaphore

from admin_api.problems import Refusal
from weir.api.users import RevokedSessions
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
from weir.models.auth.verifier import VerifierKind
from weir.models.problem import Problem
from weir.secrets.errors import SecretsError
from weir.secrets.passwords import hash_password, problem_of
from weir.secrets.ring import KeyRing
from weir.serving.off_loop import off_loop
from weir.store import record_kinds as kinds
from weir.store.connect import Client
from weir.store.errors import StoreAway
from weir.store.key_rotation import Rotated, rotate_key
from weir.store.keys import Keys
from weir.store.oauth.consents import Consents
from weir.store.oauth.families import Families
from weir.store.oauth.logins import Logins
from weir.store.records import Created, Records, Removed, Replaced
from weir.store.used import Used

R = TypeVar("R", bound=Record)

MOST_HASHING = 2
"""Passwords that are hashed at once; each takes 19 MiB and a core."""
WAIT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Accounts:
    consumers: Records[Consumer]
    keys: Records[ApiKey]
    basic_logins: Records[BasicLogin]
    hmac_keys: Records[HmacKey]
    oauth_clients: Records[OAuthClient]
    users: Records[User]
    issuers: Records[Issuer]
    initial_tokens: Records[InitialToken]
    rotate_key: Callable[[str, ApiKey, int], Rotated]
    """Id of the old key, the new one, milliseconds of overlap."""
    used: Used
    logins: Logins
    families: Families
    consents: Consents
    ring: KeyRing | None
    """None: ``--secrets`` was not given."""
    hashing: BoundedSemaphore

    def now_ms(self) -> int:
        """By the store's clock."""
        return self.consumers.now_ms()

    def last_uses(self, kind: VerifierKind, ids: Sequence[str]) -> list[int]:
        """Milliseconds for each, 0 where none is known."""
        names = [f"{kind}:{identity}" for identity in ids]
        found = self.used.of(names)
        return [found.get(name, 0) for name in names]

    def sign_out(self, user: str) -> RevokedSessions:
        """Everywhere. What applications were granted ends too, with the access tokens that came from it."""
        return RevokedSessions(sessions=self.logins.end_all(user), grants=self.families.revoke_all(user))

    def forget_consents(self, user: str) -> None:
        """Another person of the same name has agreed to nothing."""
        for client in self.consents.all(user):
            self.consents.revoke(user, client)

    def hash_of(self, password: str) -> str:
        """argon2id, off the loop. Raises Refusal."""
        if problem := problem_of(password):
            found = Problem("invalid-password", problem, path="password")
            raise Refusal(422, "invalid-password", f"{problem.capitalize()}.", errors=[found])
        if not self.hashing.acquire(timeout=WAIT_S):
            raise Refusal(
                503, "busy", "Other passwords are being set; try again.", headers={"Retry-After": "1"}
            )
        try:
            return off_loop(lambda: hash_password(password))
        finally:
            self.hashing.release()

    def seal(self, secret: str, bound: str) -> bytes:
        """Raises Refusal where this process has no key ring."""
        try:
            if self.ring is not None:
                return self.ring.seal("store", secret.encode(), bound)
            why = "this admin API was started without --secrets"
        except SecretsError as error:
            why = str(error)
        raise Refusal(409, "no-secrets", f"What must be read again is kept encrypted, and {why}.")


@contextmanager
def told_if_unknown() -> Iterator[None]:
    """Raises Refusal where the store was sent a change and did not answer."""
    try:
        yield
    except StoreAway as error:
        detail = f"The store fell silent in the middle of it ({error}): the change may have been made or not."
        raise Refusal(503, "outcome-unknown", detail, headers={"Retry-After": "1"}) from error


class Written(Records[R]):
    """Records whose author hears it when nobody knows what became of a change."""

    def create(self, record: R) -> Created:
        with told_if_unknown():
            return super().create(record)

    def replace(self, record: R, etag: str) -> Replaced:
        with told_if_unknown():
            return super().replace(record, etag)

    def remove(self, id_: str, etag: str = "") -> Removed:
        with told_if_unknown():
            return super().remove(id_, etag)


def accounts_of(client: Client, keys: Keys, ring: KeyRing | None) -> Accounts:
    """Connects to nothing yet."""

    def rotate(old: str, new: ApiKey, overlap_ms: int) -> Rotated:
        with told_if_unknown():
            return rotate_key(client, keys, old, new, overlap_ms)

    return Accounts(
        consumers=Written(client, keys, kinds.CONSUMERS),
        keys=Written(client, keys, kinds.KEYS),
        basic_logins=Written(client, keys, kinds.BASICS),
        hmac_keys=Written(client, keys, kinds.HMACS),
        oauth_clients=Written(client, keys, kinds.CLIENTS),
        users=Written(client, keys, kinds.USERS),
        issuers=Written(client, keys, kinds.ISSUERS),
        initial_tokens=Written(client, keys, kinds.INITIALS),
        rotate_key=rotate,
        used=Used(client, keys),
        logins=Logins(client, keys),
        families=Families(client, keys),
        consents=Consents(client, keys),
        ring=ring,
        hashing=BoundedSemaphore(MOST_HASHING),
    )
