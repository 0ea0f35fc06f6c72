"""Requests as they happen: an event stream that says, as long as it is read, that somebody listens."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator

import msgspec

from admin_api.problems import Refusal
from weir.api.traffic import Sample
from weir.models.sample import LiveRequest, SampleFilter
from weir.store.errors import StoreAway
from weir.store.samples import Kept, Samples

LOOK_S = 0.25
AGAIN_S = 3.0
"""A listener says that it listens; the store forgets it after 10 s."""
QUIET_S = 10.0
"""A comment after so much silence shows that the stream lives, and finds out whether its reader does."""
_ID = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")


class Tail:
    """One listener. Iterate once; ``close`` it."""

    def __init__(
        self, samples: Samples, asked: SampleFilter, stopping: threading.Event, last_id: str
    ) -> None:
        """Raises Refusal where too many listen, StoreAway."""
        self._samples = samples
        self._asked = asked
        self._stopping = stopping
        self._listener = secrets.token_hex(8)
        self._last = last_id if _ID.fullmatch(last_id) else samples.newest()
        self._said = 0.0
        self._listen()

    def events(self) -> Iterator[bytes]:
        """Until the reader goes or this process stops. A store that is away for a while is waited for."""
        try:
            yield b"retry: 1000\n: listening\n\n"
            quiet_since = time.monotonic()
            while not self._stopping.wait(LOOK_S):
                told = b"".join(map(event, self._new()))
                if told or time.monotonic() - quiet_since >= QUIET_S:
                    quiet_since = time.monotonic()
                    yield told or b": quiet\n\n"
        finally:
            self._leave()

    def _new(self) -> list[Kept]:
        try:
            if time.monotonic() - self._said >= AGAIN_S:
                self._listen()
            found = self._samples.after(self._last)
        except StoreAway:
            return []
        if found:
            self._last = found[-1].id
        return [each for each in found if self._wants(each)]

    def _wants(self, kept: Kept) -> bool:
        sample = kept.sample
        return self._asked.matches(sample.owner, sample.rule, sample.status, sample.duration_ms)

    def _listen(self) -> None:
        if not self._samples.listen(self._listener, self._asked):
            raise Refusal(429, "too-many-listeners", "As many watch requests already as may at once.")
        self._said = time.monotonic()

    def _leave(self) -> None:
        try:
            self._samples.leave(self._listener)
        except StoreAway:
            return  # it forgets by itself


def event(kept: Kept) -> bytes:
    sample = Sample(id=kept.id, **{name: getattr(kept.sample, name) for name in _FIELDS})
    return b"id: %b\nevent: request\ndata: %b\n\n" % (kept.id.encode(), msgspec.json.encode(sample))


_FIELDS = tuple(field.name for field in msgspec.structs.fields(LiveRequest))
