"""Entity tags of single definitions, and who changed one since somebody saw it."""

from __future__ import annotations

import hashlib
from typing import NoReturn

import msgspec

from admin_api.call import Call
from admin_api.documents import Seen
from admin_api.publishing import stale
from weir.api.problem import Winner
from weir.models.document import Document
from weir.models.version import Manifest
from weir.rules.edits import Kind, Named, get
from weir.rules.text_difference import text_difference
from weir.store.errors import VersionGone

MAX_LOOKED_AT = 30
"""Versions looked through for who changed a definition, and for what the loser had seen."""


def tag_of(definition: Named) -> str:
    """First 16 hex digits of the SHA-256 of its canonical JSON."""
    data = msgspec.json.encode(definition, order="deterministic")
    return hashlib.sha256(data).hexdigest()[:16]


def refuse_stale(call: Call, seen: Seen, kind: Kind, name: str, tag: str) -> NoReturn:
    """Raises ``Refusal`` 412 with who changed it, and with the difference as far as the history tells."""
    current = get(seen.document, kind, name)
    winner: Manifest | None = None
    is_same = True
    difference = ""
    for manifest in call.services.versions.history(MAX_LOOKED_AT, seen.current + 1):
        try:
            hashes = manifest.chunks.get(seen.owner, ())
            then = get(call.services.documents.of(hashes, manifest.number), kind, name)
        except VersionGone:
            break
        is_same = is_same and then == current
        if is_same:
            winner = manifest
        if then is not None and tag_of(then) == tag:
            difference = _difference(then, manifest.number, current, seen.number)
            break
    gone = "is not there any more" if current is None else "is another one now"
    who = f"; {winner.author} published version {winner.number}" if winner else ""
    detail = f'The {kind} "{name}" {gone}{who}. Look at it and decide again.'
    raise stale(
        detail,
        Winner(winner.number, winner.author, winner.time_ms, winner.message) if winner else None,
        difference,
    )


def _difference(before: Named, number: int, after: Named | None, current: int) -> str:
    return text_difference(
        Document(definitions=(before,)),
        Document(definitions=() if after is None else (after,)),
        f"version {number}",
        f"version {current}",
    )
