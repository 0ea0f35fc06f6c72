"""The body that was signed: ``Content-Digest`` (RFC 9530), checked while the body goes by.

Nothing is collected. Each piece is hashed before it goes on, and the last one goes on only if the digests are right:
otherwise the request to the upstream breaks off before its end, so that an upstream which reads a body to its end never
takes one that was not signed. A body that came together with its head is checked before any upstream is connected to.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from edge.auth.signatures.declared import BadSignature
from edge.auth.signatures.structured import Malformed, byte_sequences

HASHES: dict[str, Callable[[], Any]] = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
"""The active algorithms of RFC 9530 §5; others are left alone."""
MAX_BYTES, MAX_DIGESTS = 1024, 8
"""Of the field."""


def read_digests(value: bytes) -> dict[str, bytes]:
    """Those that can be checked, at least one. Raises BadSignature."""
    if len(value) > MAX_BYTES:
        raise BadSignature(f"Content-Digest has at most {MAX_BYTES} bytes")
    try:
        members = byte_sequences(value, MAX_DIGESTS)
        found = {name: _bytes(members[name]) for name in HASHES if name in members}
    except Malformed as error:
        raise BadSignature(f"Content-Digest cannot be read as a structured field: {error}") from None
    if not found:
        raise BadSignature("Content-Digest has neither sha-256 nor sha-512")
    return found


class BodyCheck:
    """Of one request. All digests that can be checked must be right."""

    def __init__(self, digests: dict[str, bytes], wrong: Callable[[], Exception]) -> None:
        """``wrong``: what is raised where the body is another one."""
        self._hashes = [(HASHES[name](), digest) for name, digest in digests.items()]
        self._wrong = wrong

    def add(self, data: bytes, *, last: bool) -> None:
        """The next piece, before it goes on. Raises what ``wrong`` makes."""
        for running, digest in self._hashes:
            running.update(data)
            if last and not hmac.compare_digest(running.digest(), digest):
                raise self._wrong()


def _bytes(text: bytes) -> bytes:
    """Raises Malformed."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise Malformed("a digest is not base64") from None
