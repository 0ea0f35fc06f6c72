"""The key ring in use: seals and opens with AES-256-GCM (NIST SP 800-38D).

What is sealed begins with the id of its key, so older keys stay readable after a rotation. It is bound to its purpose
and to the place where it belongs (``bound``): moved to another record it does not open. A ring that was read from a
file reads it again when it has changed, so that a rotation needs no restart. ``cryptography`` is imported by the first
who seals or opens: processes that do neither start without it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from weir.secrets.errors import NoKey, SecretsError, Unreadable
from weir.secrets.ring_file import FileMark, RingKey, mark_of, read_ring

FORM = 1
"""First byte of what is sealed; the length of the key's id follows, the id, the nonce, the ciphertext with its tag."""
NONCE = 12
TAG = 16


class KeyRing:
    """``keys`` in any order; ``path`` is looked at again when a key is wanted. Raises SecretsError."""

    def __init__(
        self, keys: Sequence[RingKey], path: Path | None = None, mark: FileMark | None = None
    ) -> None:
        self._keys = tuple(keys)
        self._path = path
        self._mark = mark

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Raises BadRing, also for a file that others may read."""
        keys, mark = read_ring(path)
        return cls(keys, path, mark)

    def has(self, purpose: str) -> bool:
        self._look_again()
        return any(key.purpose == purpose for key in self._keys)

    def need(self, purpose: str) -> None:
        """Raises NoKey, in a sentence for whoever starts a process."""
        if not self.has(purpose):
            raise NoKey(f"the key ring{self._where()} has no key for {purpose}")

    def newest(self, purpose: str) -> RingKey:
        """What seals now: the newest key whose time has come. Raises NoKey."""
        self.need(purpose)
        mine = [key for key in self._keys if key.purpose == purpose]
        now_ms = time.time_ns() // 1_000_000
        begun = [key for key in mine if key.created_ms <= now_ms]
        return max(begun, key=_age) if begun else min(mine, key=_age)

    def seal(self, purpose: str, plain: bytes, bound: str) -> bytes:
        """Raises NoKey. ``bound`` names the place, such as ``hmac:<id>``; the same is needed to open it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key, nonce = self.newest(purpose), os.urandom(NONCE)
        name = key.id.encode()
        head = bytes((FORM, len(name))) + name + nonce
        return head + AESGCM(key.key).encrypt(nonce, plain, _bound(purpose, bound))

    def open(self, purpose: str, sealed: bytes, bound: str) -> bytes:
        """Raises NoKey where the ring lacks the key, Unreadable for anything else that does not open."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        name, at = key_id(sealed), 2 + sealed[1] if len(sealed) > 1 else 0
        key = self._key(purpose, name)
        try:
            return AESGCM(key.key).decrypt(
                sealed[at : at + NONCE], sealed[at + NONCE :], _bound(purpose, bound)
            )
        except InvalidTag:
            raise Unreadable(
                f"what was sealed with the key {name} does not open as {purpose} of {bound}"
            ) from None

    def every(self) -> tuple[RingKey, ...]:
        """As the file has them now."""
        self._look_again()
        return self._keys

    def _key(self, purpose: str, name: str) -> RingKey:
        for again in (False, True):
            if again:
                self._look_again()
            for key in self._keys:
                if key.id == name and key.purpose == purpose:
                    return key
        raise NoKey(f"the key ring{self._where()} has no key {name} for {purpose}")

    def _look_again(self) -> None:
        """What cannot be read now leaves the ring as it is: a ring in use is better than none."""
        if self._path is None:
            return
        try:
            if mark_of(self._path) != self._mark:
                self._keys, self._mark = read_ring(self._path)
        except SecretsError:
            return

    def _where(self) -> str:
        return f" {self._path}" if self._path else ""


def key_id(sealed: bytes) -> str:
    """Of the key that sealed it. Raises Unreadable for what was not sealed by a ring."""
    if len(sealed) < 2 or sealed[0] != FORM or len(sealed) < 2 + sealed[1] + NONCE + TAG:
        raise Unreadable("these bytes were not sealed with a key ring")
    try:
        return sealed[2 : 2 + sealed[1]].decode("ascii")
    except UnicodeDecodeError as error:
        raise Unreadable("these bytes were not sealed with a key ring") from error


def _bound(purpose: str, bound: str) -> bytes:
    return f"weir\0{purpose}\0{bound}".encode()


def _age(key: RingKey) -> tuple[int, str]:
    return key.created_ms, key.id


__all__ = ["KeyRing", "NoKey", "Unreadable", "key_id"]
