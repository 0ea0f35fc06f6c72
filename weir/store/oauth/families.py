"""Families of refresh tokens: one for each time that a person let an application in (RFC 9700 §4.14.2).

Of a family exactly one refresh token is good. Using it brings the next one; whoever shows an earlier one ends the whole
family, and its access tokens with it: one of two parties has what is not theirs, and nobody can tell which. All that is
one step, so of several at once one gets the next token, and the family has ended.

A refresh token names its family by an id that stands nowhere else. Access tokens carry ``sid``, which follows from the
id and does not lead back to it, so that who sees access tokens cannot make up a refresh token that ends the family.

An end is on the server's disk before it counts. A new refresh token is not waited for: a store that is killed within a
second of it takes the earlier one for good, and the application's, which it does not know, for a reuse.
"""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

import msgspec

from weir.models.auth.secret_text import SecretText, new_secret, read_secret
from weir.store.access_tokens import DURABLE_MS, store_ms
from weir.store.connect import Client, Session
from weir.store.durability import on_disk
from weir.store.errors import StoreError
from weir.store.feed import FEED_LENGTH
from weir.store.keys import Keys
from weir.store.revoked import MAX_REVOKED
from weir.store.scripts import run_script

MAX_FAMILIES = 500_000
MAX_OF_ONE = 100
"""Families of one person; one more forgets the one that would end first."""
LONGEST_MS = 90 * 86_400_000
"""A family ends so long after it began, however often it is used, unless its client's refresh tokens live longer."""
MARGIN_S = 120
"""A revocation is kept so long beyond the end of the access tokens: clocks differ, and verifiers allow for that."""

Step = Literal["rotated", "ended", "full", "missing"]


class FamilyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was granted. A renewed access token may have less, never more."""

    schema: int = 1
    client: str
    user: str
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    auth_time_s: int = 0
    """When the person signed in; Unix seconds."""
    created_ms: int
    last_ms: int
    """It ends then in any case."""


class Family(NamedTuple):
    sid: str
    record: FamilyRecord
    hash: str
    """Of the refresh token that is good now."""
    ends_ms: int
    now_ms: int


_decoder = msgspec.msgpack.Decoder(FamilyRecord)


def new_family() -> str:
    """The id of a family that does not exist yet."""
    return new_secret("weirr").id


def sid_of(family: str) -> str:
    """What access tokens know the family by."""
    return hashlib.sha256(b"weir family " + family.encode()).hexdigest()[:32]


def family_of(refresh_token: str) -> str:
    """The id of a refresh token's family; empty for what is no refresh token."""
    read = read_secret("weirr", refresh_token)
    return read.id if read else ""


def next_token(family: str) -> SecretText:
    return new_secret("weirr")._replace(id=family)


class Families:
    """Raises StoreAway and StoreError. After StoreAway nobody knows whether a change was made."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._durable_ms = min(DURABLE_MS, int(client.timeout_s * 800))

    def now_ms(self) -> int:
        """The store's clock."""
        with self._client.session(self._keys.refresh_families()) as session:
            return store_ms(session)

    def begin(
        self, family: str, record: FamilyRecord, token: SecretText, refresh_s: int, access_ends_s: int
    ) -> bool:
        """``token`` is its first one and ends after ``refresh_s`` without use; False: there are too many families."""
        with self._client.session(self._keys.refresh_families()) as session:
            kept = run_script(
                session,
                "family_begin",
                families=self._keys.refresh_families(),
                current=self._keys.refresh_current(),
                ends=self._keys.refresh_ends(),
                index=self._keys.refresh_index(),
                sid=sid_of(family),
                user=record.user,
                record=msgspec.msgpack.encode(record),
                token=f"{token.hash()} {access_ends_s}",
                idle_ms=refresh_s * 1000,
                most=MAX_FAMILIES,
                most_of_one=MAX_OF_ONE,
            )
        return bool(kept)

    def read(self, sid: str) -> Family | None:
        """None: there is none, or it has ended."""
        with self._client.session(self._keys.refresh_families()) as session:
            record, token, ends_ms, now_ms = run_script(
                session,
                "family_read",
                families=self._keys.refresh_families(),
                current=self._keys.refresh_current(),
                ends=self._keys.refresh_ends(),
                sid=sid,
            )
        if not record:
            return None
        return Family(sid, _read(record), token.decode()[:64], int(ends_ms), int(now_ms))

    def rotate(self, family: Family, shown: str, new: SecretText, refresh_s: int, access_ends_s: int) -> Step:
        """``shown``: SHA-256 of the refresh token that was shown. ``rotated``: ``new`` is the one that is good now."""
        with self._client.session(self._keys.refresh_families()) as session:
            idle_ms, last_ms = refresh_s * 1000, family.record.last_ms
            done = self._step(session, family.sid, access_ends_s, shown, new.hash(), idle_ms, last_ms)
            if done != "rotated":
                on_disk(session, self._durable_ms)
        return done

    def revoke(self, sid: str, access_s: int = 0) -> Step:
        """With its access tokens. ``access_s``: how long these live at most, where there may be access tokens but no
        refresh token."""
        with self._client.session(self._keys.refresh_families()) as session:
            ends_s = store_ms(session) // 1000 + access_s + MARGIN_S if access_s else 0
            done = self._step(session, sid, ends_s)
            on_disk(session, self._durable_ms)
        return done

    def sids_of(self, user: str) -> tuple[str, ...]:
        """Of the families of a person."""
        low, high = f"[{user}\0", f"({user}\1"
        found = self._client.call("ZRANGEBYLEX", self._keys.refresh_index(), low, high)
        return tuple(member.decode().rpartition("\0")[2] for member in found)

    def revoke_all(self, user: str, client: str = "") -> int:
        """Of a person, or those that one client has of them; how many there were. Whoever disables a person does that
        first, and this then."""
        sids = [sid for sid in self.sids_of(user) if not client or self._is_of(sid, client)]
        with self._client.session(self._keys.refresh_families()) as session:
            done = [self._step(session, sid, 0) for sid in sids]
            # Once for all of them: each wait may take a second.
            on_disk(session, self._durable_ms)
        return sum(step != "missing" for step in done)

    def _is_of(self, sid: str, client: str) -> bool:
        family = self.read(sid)
        return family is not None and family.record.client == client

    def _step(
        self,
        session: Session,
        sid: str,
        access_ends_s: int,
        shown: str = "",
        new: str = "",
        idle_ms: int = 0,
        last_ms: int = 0,
    ) -> Step:
        """Without ``shown`` the family is revoked."""
        done: bytes = run_script(
            session,
            "family_step",
            head=self._keys.head(),
            feed=self._keys.feed(),
            families=self._keys.refresh_families(),
            current=self._keys.refresh_current(),
            ends=self._keys.refresh_ends(),
            index=self._keys.refresh_index(),
            revoked=self._keys.revoked(),
            opaque=self._keys.opaque_tokens(),
            opaque_ends=self._keys.opaque_ends(),
            opaque_index=self._keys.opaque_index(),
            sid=sid,
            shown=shown,
            new=new,
            access_ends_s=access_ends_s,
            idle_ms=idle_ms,
            last_ms=last_ms,
            most_revoked=MAX_REVOKED,
            feed_length=FEED_LENGTH,
            wake=self._keys.wake(),
        )
        word: Step = done.decode()  # type: ignore[assignment]  # the script has no other
        return word


def _read(data: bytes) -> FamilyRecord:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"a family of refresh tokens in the store cannot be read: {error}") from error
