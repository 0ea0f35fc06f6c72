"""Devices that wait for a person's word (RFC 8628): a code for the device, and a short one for the person.

Of both only hashes are kept. What was allowed is given once.
"""

from __future__ import annotations

import secrets
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from weir.models.auth.secret_text import hash_of, random_text
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script

LIFE_MS = 600_000
KEEP_MS = 1_200_000
"""Ten minutes longer than it waits, so that a late device learns why."""
INTERVAL_MS = 5_000
"""Between two questions of a device; each that comes too soon makes it that much longer."""
MAX_DEVICES = 10_000
"""That wait at the same time."""
SECRET = 43
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Consonants: no words come about, and none reads like another (RFC 8628 §6.1)."""
USER_CODE = 8
_TRIES = 4

Poll: TypeAlias = Literal["unknown", "other", "expired", "pending", "slow", "denied", "used", "approved"]


class DeviceRecord(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 1
    client: str
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Of the person who allowed it."""

    schema: int = 1
    user: str
    login: str
    """Hash of the session in which it was allowed: what was allowed ends with it."""
    auth_ms: int
    sid: str = ""
    allowed_ms: int = 0


class Asked(NamedTuple):
    device_code: str
    user_code: str


class Polled(NamedTuple):
    word: Poll
    record: DeviceRecord | None = None
    decision: Decision | None = None


_T = TypeVar("_T")
_records = msgspec.msgpack.Decoder(DeviceRecord)
_decisions = msgspec.msgpack.Decoder(Decision)


class Devices:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def ask(self, record: DeviceRecord) -> Asked | None:
        """Its two codes; None if too many devices wait."""
        for _ in range(_TRIES):
            asked = Asked(random_text(SECRET), new_user_code())
            word = self._keep(asked, record)
            if word == b"kept":
                return asked
            if word == b"full":
                return None
        raise StoreError(f"{_TRIES} user codes in a row belong to other devices")

    def find(self, user_code: str) -> tuple[str, DeviceRecord] | None:
        """Id of the device that waits under this code (in its plain form, see ``plain_user_code``), and its record."""
        found = self._client.call("GET", self._keys.oauth_device_code(hash_of(user_code)))
        if found is None:
            return None
        device_id = found.decode()
        record = self._client.call("HGET", self._keys.oauth_device(device_id), "record")
        return (device_id, _read(_records, record)) if record else None

    def approve(self, device_id: str, user_code: str, decision: Decision) -> bool:
        """False: it does not wait (any more)."""
        return self._decide(device_id, user_code, "approved", msgspec.msgpack.encode(decision))

    def deny(self, device_id: str, user_code: str) -> bool:
        """False: it does not wait (any more)."""
        return self._decide(device_id, user_code, "denied", b"")

    def poll(self, device_code: str, client: str) -> Polled:
        """The device asks again."""
        device_id = hash_of(device_code)
        with self._client.session(self._keys.oauth_devices()) as session:
            word, record, decision = run_script(
                session,
                "device_poll",
                device=self._keys.oauth_device(device_id),
                devices=self._keys.oauth_devices(),
                id=device_id,
                client=client,
                step_ms=INTERVAL_MS,
            )
        if word != b"approved":
            return Polled(word.decode())
        return Polled("approved", _read(_records, record), _read(_decisions, decision))

    def _keep(self, asked: Asked, record: DeviceRecord) -> bytes:
        device_id = hash_of(asked.device_code)
        with self._client.session(self._keys.oauth_devices()) as session:
            word: bytes = run_script(
                session,
                "device_keep",
                device=self._keys.oauth_device(device_id),
                code=self._keys.oauth_device_code(hash_of(asked.user_code)),
                devices=self._keys.oauth_devices(),
                id=device_id,
                client=record.client,
                record=msgspec.msgpack.encode(record),
                life_ms=LIFE_MS,
                keep_ms=KEEP_MS,
                interval_ms=INTERVAL_MS,
                most=MAX_DEVICES,
            )
        return word

    def _decide(self, device_id: str, user_code: str, status: str, decision: bytes) -> bool:
        with self._client.session(self._keys.oauth_devices()) as session:
            return bool(
                run_script(
                    session,
                    "device_decide",
                    device=self._keys.oauth_device(device_id),
                    code=self._keys.oauth_device_code(hash_of(user_code)),
                    status=status,
                    decision=decision,
                )
            )


def new_user_code() -> str:
    """34 bits: enough beside ten minutes and a bound on guesses (RFC 8628 §5.1)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(USER_CODE))


def shown_user_code(user_code: str) -> str:
    """As people read it: ``WDJB-MJHT``."""
    return f"{user_code[:4]}-{user_code[4:]}"


def plain_user_code(typed: str) -> str:
    """What a person typed, without what only looks; empty if it cannot be a code."""
    plain = "".join(letter for letter in typed[:64] if letter not in " -–—.\u00a0")
    plain = plain.upper() if plain.isascii() else ""
    return plain if len(plain) == USER_CODE and set(plain) <= set(ALPHABET) else ""


def _read(decoder: msgspec.msgpack.Decoder[_T], data: bytes) -> _T:
    try:
        return decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise StoreError(f"a device in the store cannot be read: {error}") from error
