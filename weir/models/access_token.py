"""Access tokens as text: ``weirt_<id>_<secret><checksum>``. Pure.

The checksum (CRC-32 of what precedes it) tells a mistyped or cut token from a wrong one, and lets scanners for leaked
secrets be sure; it protects nothing. The secret has 256 bits, so a fast hash of it is enough.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from typing import NamedTuple

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID, _SECRET, _CHECKSUM = 10, 43, 6
_FORM = re.compile(rf"weirt_([0-9A-Za-z]{{{_ID}}})_([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECKSUM}}})")


class TokenText(NamedTuple):
    """Parts of a token; ``repr`` does not show the secret."""

    id: str
    secret: str

    def text(self) -> str:
        head = f"weirt_{self.id}_{self.secret}"
        return head + checksum(head)

    def hash(self) -> str:
        """What is stored: SHA-256 of the whole text, in hex."""
        return hash_of(self.text())

    def __repr__(self) -> str:
        return f"TokenText(id={self.id!r})"


def new_token() -> TokenText:
    return TokenText(random_text(_ID), random_text(_SECRET))


def read_token(text: str) -> TokenText | None:
    """None for anything that cannot be a token: another form, or a wrong checksum."""
    match = _FORM.fullmatch(text)
    if match is None or checksum(text[:-_CHECKSUM]) != match[3]:
        return None
    return TokenText(match[1], match[2])


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
