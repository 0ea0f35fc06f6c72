"""Targets that a person took out of service for a while. Live state with an end, never part of a version.

A drain is known by ``<owner>/<upstream>`` and URL, so a publish that keeps the target keeps its drain. Every change is
in the feed under the topic ``drain``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.feed import FEED_LENGTH
from weir.store.health import Member
from weir.store.keys import Keys
from weir.store.scripts import run_script

TOPIC = "drain"
MAX_DRAINS = 10_000
LONGEST_MS = 7 * 86_400_000
MAX_TEXT = {"reason": 1024, "author": 256}
"""Characters."""


class Full(StoreError):
    """As many targets are drained as may be."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What the store keeps besides the end."""

    for_ms: int
    reason: str
    author: str


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """One target out of service."""

    upstream: str
    """``<owner>/<name>``."""
    url: str
    left_ms: int
    """By the store's clock, when it was read."""
    until_ms: int
    """Wall milliseconds of the store's clock."""
    since_ms: int = 0
    reason: str = ""
    author: str = ""

    @property
    def member(self) -> Member:
        return Member(self.upstream, self.url)


class Drains:
    """Of one cluster. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def drain(self, member: Member, for_ms: int, *, reason: str = "", author: str = "") -> int:
        """Out of service from now on for ``for_ms``, in place of what was said before; gives the wall millisecond of
        its end. Raises StoreError where one more has no place, or in a store without any version."""
        if not 0 < for_ms <= LONGEST_MS:
            raise StoreError(f"a drain lasts from 1 ms to {LONGEST_MS // 86_400_000} days, not {for_ms} ms")
        for field, text in (("reason", reason), ("author", author)):
            if len(text) > MAX_TEXT[field]:
                raise StoreError(f"the {field} of a drain is over {MAX_TEXT[field]} characters")
        word, number = self._run(member, for_ms, _Kept(for_ms, reason, author))
        if word == "full":
            raise Full(f"{number} targets are drained already; no more can be")
        if word == "empty":
            raise StoreError("nothing was published into this store yet, so there is no target to drain")
        return number

    def undrain(self, member: Member) -> bool:
        """Back in service; False if it was not drained."""
        return self._run(member, 0, _Kept(0, "", ""))[0] == "undrained"

    def now(self) -> tuple[Drain, ...]:
        """Those that are drained, in order of upstream and URL."""
        with self._client.session(self._keys.drains()) as session:
            reply = run_script(session, "drained", drains=self._keys.drains(), most=MAX_DRAINS)
        return read_drains(reply)

    def _run(self, member: Member, for_ms: int, kept: _Kept) -> tuple[str, int]:
        with self._client.session(self._keys.head()) as session:
            word, number = run_script(
                session,
                "drain",
                head=self._keys.head(),
                drains=self._keys.drains(),
                feed=self._keys.feed(),
                target=member.text(),
                for_ms=for_ms,
                drain=msgspec.msgpack.encode(kept),
                most=MAX_DRAINS,
                feed_length=FEED_LENGTH,
                wake=self._keys.wake(),
            )
        return word.decode(), int(number)


_decoder = msgspec.msgpack.Decoder(_Kept)


def read_drains(reply: Any) -> tuple[Drain, ...]:
    """The reply of ``drained.lua``. Raises StoreError for what is none."""
    try:
        now, rows = reply
        found = [
            _read(target.decode(), int(now), int(left), data)
            for target, left, data in zip(rows[::3], rows[1::3], rows[2::3], strict=True)
        ]
    except (TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"drained.lua answered something else: {error}") from error
    return tuple(sorted(found, key=lambda drain: drain.member))


def _read(target: str, now_ms: int, left_ms: int, data: bytes) -> Drain:
    """Who drained it and why is left out where a newer program wrote it in another shape: the drain itself holds."""
    upstream, _, url = target.rpartition(" ")
    try:
        kept = _decoder.decode(data)
    except msgspec.MsgspecError:
        kept = _Kept(0, "", "")
    until_ms = now_ms + left_ms
    since_ms = until_ms - kept.for_ms if kept.for_ms else 0
    return Drain(
        upstream=upstream,
        url=url,
        left_ms=left_ms,
        until_ms=until_ms,
        since_ms=since_ms,
        reason=kept.reason,
        author=kept.author,
    )
