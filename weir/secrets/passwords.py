"""Passwords of people and of basic logins: argon2id in PHC form. Pure, slow, and without the interpreter's lock.

One hash takes some 40 ms and 19 MiB, so that who asks bounds how many run at once. The parameters are OWASP's (Password
Storage Cheat Sheet: m=19456, t=2, p=1); hashes with others verify too, within the bounds below, and ``needs_rehash``
tells when the next right password should be hashed anew.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MEMORY_KIB = 19_456
ITERATIONS = 2
LANES = 1
SALT = 16
LENGTH = 32
"""Bytes of salt and of hash."""
MIN_LENGTH = 8
MAX_LENGTH = 256
"""Characters of a password that may be set."""
MOST_MEMORY_KIB = 262_144
MOST_ITERATIONS = 16
MOST_LANES = 8
"""What a hash may cost to verify: one from elsewhere must not take the machine."""

_FORM = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}"
)
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43
"""The hash of no password: verified where there is no such user, so that the answer takes as long."""


def hash_password(password: str) -> str:
    """A new hash, in PHC form. Raises ValueError for a password that nobody may have (see ``problem_of``)."""
    if problem := problem_of(password):
        raise ValueError(problem)
    salt = secrets.token_bytes(SALT)
    kdf = Argon2id(salt=salt, length=LENGTH, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive_phc_encoded(_octets(password))


def is_right(password: str, phc: str) -> bool:
    """Whether ``phc`` is a hash of the password, compared in constant time; False for what is no hash."""
    if len(password) > MAX_LENGTH or not is_hash(phc):
        return False
    try:
        Argon2id.verify_phc_encoded(_octets(password), phc)
    except (InvalidKey, ValueError):
        return False
    return True


def is_hash(phc: str) -> bool:
    """Whether it is one that may be verified here: of this kind, and not too costly."""
    costs = _costs(phc)
    if costs is None:
        return False
    memory_kib, iterations, lanes = costs
    return (
        8 * lanes <= memory_kib <= MOST_MEMORY_KIB
        and 1 <= iterations <= MOST_ITERATIONS
        and 1 <= lanes <= MOST_LANES
    )


def needs_rehash(phc: str) -> bool:
    """Whether it was made with other parameters than a new one would be."""
    return _costs(phc) != (MEMORY_KIB, ITERATIONS, LANES)


def problem_of(password: str) -> str:
    """Why nobody may have this password; empty if it may be set. Length only (NIST SP 800-63B, 3.1.1.2)."""
    if len(password) < MIN_LENGTH:
        return f"a password has at least {MIN_LENGTH} characters"
    if len(password) > MAX_LENGTH:
        return f"a password has at most {MAX_LENGTH} characters"
    if "\0" in password or not _is_text(password):
        return "a password has characters that are no text"
    return ""


def _octets(password: str) -> bytes:
    """As it is hashed: composed, so that it does not matter which keyboard made an accent (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _is_text(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


def _costs(phc: str) -> tuple[int, int, int] | None:
    match = _FORM.fullmatch(phc)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
