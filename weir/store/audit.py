"""The audit log: bounded streams that are only ever appended to; no operation changes or removes an entry.

Attempts that credentials or roles forbade have a stream of their own, so that a stranger who tries all day does not
push out what was really done; reading merges both.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

import msgspec

from weir.api.audit import AuditEntry, AuditQuery
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.scripts import run_script

MAX_ENTRIES = 20_000
MAX_REFUSED = 5_000
MAX_ENTRY_BYTES = 8192
GATE_MS = 1000
"""In which one address leaves at most one entry of a refused attempt."""
_BATCH = 500

_decoder = msgspec.msgpack.Decoder(AuditEntry)


class Audit:
    """Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def append(self, entry: AuditEntry, *, refused_to: str = "") -> str:
        """Its id; empty if it was held back: of what was ``refused_to`` one address, one entry a second is kept."""
        with self._client.session(self._keys.audit()) as session:
            given: bytes = run_script(
                session,
                "audit_add",
                audit=self._keys.audit_refused() if refused_to else self._keys.audit(),
                gate=self._keys.audit_gate(refused_to or "none"),
                entry=encoded(entry),
                most=MAX_REFUSED if refused_to else MAX_ENTRIES,
                gate_ms=GATE_MS if refused_to else 0,
                first=1 if refused_to else 0,
            )
        return given.decode()

    def search(self, query: AuditQuery) -> tuple[tuple[AuditEntry, ...], str]:
        """The newest first, and the cursor of what follows; empty at the end. ValueError for a cursor that is none."""
        found: list[AuditEntry] = []
        streams = [self._newest_first(key, query) for key in (self._keys.audit(), self._keys.audit_refused())]
        for entry in heapq.merge(*streams, key=place, reverse=True):
            if len(found) == query.limit:
                return tuple(found), found[-1].id
            if fits(entry, query):
                found.append(entry)
        return tuple(found), ""

    def _newest_first(self, key: str, query: AuditQuery) -> Iterator[AuditEntry]:
        end = until(query)
        begin = str(max(0, query.since))
        while rows := self._client.call("XREVRANGE", key, end, begin, "COUNT", _BATCH):
            yield from (entry for row in rows if (entry := read_row(row)) is not None)
            end = f"({rows[-1][0].decode()}"


def until(query: AuditQuery) -> str:
    """Where a search begins: below the cursor, else below ``until``, else at the newest."""
    if query.cursor:
        milliseconds, dash, number = query.cursor.partition("-")
        if not (dash and is_number(milliseconds) and is_number(number)):
            raise ValueError(f"{query.cursor!r} is no cursor of this list")
        return f"({query.cursor}"
    return f"({query.until}-0" if query.until > 0 else "+"


def is_number(text: str) -> bool:
    """What a stream's id takes: unsigned, 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 1 << 64


def place(entry: AuditEntry) -> tuple[int, int]:
    """In time."""
    milliseconds, _, number = entry.id.partition("-")
    return int(milliseconds), int(number)


def fits(entry: AuditEntry, query: AuditQuery) -> bool:
    resource = entry.operation.partition(".")[0]
    return (not query.actor or entry.actor == query.actor) and (
        not query.operation or query.operation in (entry.operation, resource)
    )


def encoded(entry: AuditEntry) -> bytes:
    """Long words of the caller's are cut, so that an entry is bounded."""
    data = msgspec.msgpack.encode(entry)
    if len(data) <= MAX_ENTRY_BYTES:
        return data
    return msgspec.msgpack.encode(
        msgspec.structs.replace(entry, path=entry.path[:256], message=entry.message[:256], extras={})
    )


def read_row(row: Any) -> AuditEntry | None:
    """None for an entry that a newer program wrote in another shape."""
    name, fields = row
    data = fields[b"entry"] if isinstance(fields, dict) else fields[1]
    try:
        return msgspec.structs.replace(_decoder.decode(data), id=name.decode())
    except msgspec.MsgspecError:
        return None
