"""Secrets as text: ``<prefix>_<id>_<secret><checksum>``. Pure.

The checksum (CRC-32 of what precedes it) tells a mistyped or cut secret from a wrong one, and lets scanners for leaked
secrets be sure; it protects nothing. The secret has 256 bits, so a fast hash of it is enough.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from typing import Literal, NamedTuple, TypeAlias

Prefix: TypeAlias = Literal["weir", "weirt", "weirc", "weiro", "weirr", "weiri"]
"""Of an API key, an access token of the admin API, the secret of an OAuth client, an opaque access token, a refresh
token, an initial token for registration."""

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID, _SECRET, _CHECKSUM = 10, 43, 6
_FORM = re.compile(
    rf"(weir[tcori]?)_([0-9A-Za-z]{{{_ID}}})_([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECKSUM}}})"
)


class SecretText(NamedTuple):
    """Parts of a secret; ``repr`` does not show what is secret."""

    prefix: Prefix
    id: str
    secret: str

    def text(self) -> str:
        head = f"{self.prefix}_{self.id}_{self.secret}"
        return head + checksum(head)

    def hash(self) -> str:
        """What is stored: SHA-256 of the whole text, in hex."""
        return hash_of(self.text())

    def __repr__(self) -> str:
        return f"SecretText({self.prefix}_{self.id})"


def new_secret(prefix: Prefix) -> SecretText:
    return SecretText(prefix, random_text(_ID), random_text(_SECRET))


def read_secret(prefix: Prefix, text: str) -> SecretText | None:
    """None for anything that cannot be one of that prefix: another form, or a wrong checksum."""
    match = _FORM.fullmatch(text)
    if match is None or match[1] != prefix or checksum(text[:-_CHECKSUM]) != match[4]:
        return None
    return SecretText(prefix, match[2], match[3])


def random_text(length: int) -> str:
    """Letters and digits, 5.95 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def hash_of(secret: str) -> str:
    """Of a secret with too many bits to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = []
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
