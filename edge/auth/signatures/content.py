"""The body that was signed: ``Content-Digest`` (RFC 9530), checked while the body goes by.

Nothing is collected. Each piece is hashed before it goes on, and the last one goes on only if the digests are right:
otherwise the request to the upstream breaks off before its end, so that an upstream which reads a body to its end never
takes one that was not signed. A body that came together with its head is checked before any upstream is connected to.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import http_sf
from http_sf import StructuredFieldError

from edge.auth.signatures.declared import BadSignature

HASHES: dict[str, Callable[[], Any]] = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
"""The active algorithms of RFC 9530 §5; others are left alone."""
MAX_BYTES = 1024
"""Of the field."""


def read_digests(value: bytes) -> dict[str, bytes]:
    """Those that can be checked, at least one. Raises BadSignature."""
    if len(value) > MAX_BYTES:
        raise BadSignature(f"Content-Digest has at most {MAX_BYTES} bytes")
    try:
        members: Any = http_sf.parse(value, tltype="dictionary", on_duplicate_key=_twice)
    except StructuredFieldError as error:
        raise BadSignature(f"Content-Digest is not a dictionary of structured fields: {error}") from None
    found = {}
    for name, member in members.items():
        if name in HASHES:
            if type(member[0]) is not bytes:
                raise BadSignature("Content-Digest says its digests as byte sequences")
            found[name] = member[0]
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


def _twice(key: str, kind: str) -> None:
    raise BadSignature(f"the {kind} {key} stands twice in Content-Digest")
