"""Samples of requests on their way from nodes to whoever listens. As long as nobody does, nothing is kept.

A listener says what it asks for, again every few seconds; agents hear it with the call that brings their samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from weir.models.sample import LiveRequest, SampleFilter
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call
from weir.store.scripts import run_script

MAX_LISTENERS = 32
LISTEN_MS = 10_000
"""A listener that has not said so for that long does not listen."""
MAX_KEPT = 1_000
KEPT_MS = 60_000
MAX_READ = 200
"""Samples read at once."""

_decode_filter = msgspec.msgpack.Decoder(SampleFilter).decode
_decode_sample = msgspec.msgpack.Decoder(LiveRequest).decode


class Kept(NamedTuple):
    id: str
    """Of the stream's entry; later ones are greater."""
    sample: LiveRequest


def bring_call(keys: Keys, samples: Iterable[LiveRequest]) -> ScriptCall:
    """Brings samples of an agent, which are dropped if nobody listens."""
    return script_call(
        "samples",
        wanted=keys.samples_wanted(),
        samples=keys.samples(),
        most=MAX_KEPT,
        ttl_ms=KEPT_MS,
        entries=[msgspec.msgpack.encode(sample) for sample in samples],
    )


def read_asked(reply: Any) -> tuple[SampleFilter, ...]:
    """The reply to ``bring_call``: what is listened for. Raises StoreError for what is none."""
    if not isinstance(reply, list):
        raise StoreError("samples.lua answered something of another shape")
    return tuple(found for data in reply if (found := _filter(data)) is not None)


class Samples:
    """The listener's side. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def listen(self, listener: str, asked: SampleFilter) -> bool:
        """For ``LISTEN_MS`` from now; False if ``MAX_LISTENERS`` others do."""
        return bool(self._say(listener, LISTEN_MS, asked))

    def leave(self, listener: str) -> None:
        self._say(listener, 0, SampleFilter())

    def newest(self) -> str:
        """The id of the latest sample; what comes now is behind it."""
        rows = self._client.call("XREVRANGE", self._keys.samples(), "+", "-", "COUNT", 1)
        return rows[0][0].decode() if rows else "0-0"

    def after(self, last: str) -> tuple[Kept, ...]:
        """At most ``MAX_READ``, the earliest first; without those of a newer program's shape."""
        rows = self._client.call("XRANGE", self._keys.samples(), f"({last}", "+", "COUNT", MAX_READ)
        found = ((row[0].decode(), _sample(row[1])) for row in rows)
        return tuple(Kept(place, sample) for place, sample in found if sample is not None)

    def _say(self, listener: str, for_ms: int, asked: SampleFilter) -> Any:
        with self._client.session(self._keys.samples_wanted()) as session:
            return run_script(
                session,
                "samples_listen",
                wanted=self._keys.samples_wanted(),
                listener=listener,
                for_ms=for_ms,
                asked=msgspec.msgpack.encode(asked),
                most=MAX_LISTENERS,
            )


def _filter(data: bytes) -> SampleFilter | None:
    try:
        return _decode_filter(data)
    except msgspec.MsgspecError:
        return None


def _sample(fields: Any) -> LiveRequest | None:
    flat = list(fields.values()) if isinstance(fields, dict) else fields[1::2]
    try:
        return _decode_sample(flat[0])
    except (msgspec.MsgspecError, IndexError):
        return None
