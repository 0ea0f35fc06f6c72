"""What every node says of the present: limits that are nearly used up, retry budgets, targets. Bounded and short-lived.

A word is written with the counters, every few seconds, and is gone ``KEEP_MS`` after the last one. It only informs:
nothing decides by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from weir.store.budget import Ring, upstream_tag
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.health import Member
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call
from weir.store.scripts import run_script

KEEP_MS = 20_000
MAX_BYTES = 64 * 1024
MAX_LIMITS = 100
MAX_BUDGETS = 200
MAX_TARGETS = 200


class NearLimit(msgspec.Struct, frozen=True, kw_only=True):
    """What one limit counts apart, as one node sees it: nearly used up, or over."""

    limit: str
    """``<owner>/<name>``."""
    window: str
    """``sliding``, ``smooth`` or ``calendar``."""
    most: int
    per_ms: int
    """0: a month."""
    hash: str
    """Of limit and key: 32 hexadecimal digits, the same on every node and in the store."""
    key: str = ""
    """In clear only if it is an IP address or network, or if the limit counts all together (then empty)."""
    used: float
    """Of the window, 0 to 1, when the store was last heard."""
    left: int
    refused: int
    """How often this node's agent said no within the last minute; workers refuse more than they ask."""
    age_ms: int
    """Since it was last asked for."""


class NodeBudget(msgspec.Struct, frozen=True, kw_only=True):
    """One upstream's retry budget, as one node sees it."""

    upstream: str
    """``<owner>/<name>``."""
    width_ms: int
    """Of a bucket; with ``buckets`` it names the ring."""
    buckets: int
    cap: int | None
    """Units in any window; None: it follows the traffic, and the store was not heard yet."""
    reserve: int
    floor: int
    state: str
    """What stands in the way of a grant: ``ok`` is nothing."""
    held: int
    """Units that the node has and has not lent."""
    lent: int
    """Since its agent began, as the two below."""
    attempts: int
    refused: dict[str, int] = {}
    """By reason."""


class NodeTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One target that is out, checked or drained, as one node sees it."""

    upstream: str
    url: str
    out: bool = False
    why: tuple[str, ...] = ()
    for_s: float = 0.0
    workers: int = 0
    """That keep it out."""
    panic: bool = False
    """It is ill but gets requests, as most are."""
    since_ms: int = 0
    """Wall milliseconds at which this node first saw it out; 0 while it is in."""
    healthy: bool | None = None
    """What its check says; None without one, or without a result yet."""
    last: str = ""
    """What the last check found, in a word, and how long ago."""
    last_age_s: float = 0.0
    detail: str = ""
    drained_in_flight: int | None = None
    """Requests that it still has here; None: it is not drained."""


class NodeLive(msgspec.Struct, frozen=True, kw_only=True):
    """The word of one node."""

    schema: int = 1
    time_ms: int
    """Wall clock of the node."""
    limits: tuple[NearLimit, ...] = ()
    """The most refused first."""
    budgets: tuple[NodeBudget, ...] = ()
    targets: tuple[NodeTarget, ...] = ()
    left_out: int = 0
    """Entries that had no place."""


class RingNow(NamedTuple):
    """What ``budget.lua`` would find now."""

    now_ms: int
    granted: int
    """Units that count in the window."""
    credit_thousandths: int
    attempts: int
    peak: int
    quarantine_ms: int
    """Until something is granted again, after a loss of data or another window; 0: now."""


def live_call(keys: Keys, node: str, live: NodeLive) -> ScriptCall:
    """What has no place in ``MAX_BYTES`` is left out, and counted."""
    return script_call("say", word=keys.node_live(node), text=fitted(live), keep_ms=KEEP_MS)


def fitted(live: NodeLive) -> bytes:
    """As msgpack within ``MAX_BYTES``; each list loses its end."""
    while True:
        data = msgspec.msgpack.encode(live)
        if len(data) <= MAX_BYTES:
            return data
        lists = {"limits": live.limits, "budgets": live.budgets, "targets": live.targets}
        shorter = {name: entries[: len(entries) // 2] for name, entries in lists.items()}
        lost = sum(len(entries) - len(shorter[name]) for name, entries in lists.items())
        live = msgspec.structs.replace(live, left_out=live.left_out + lost, **shorter)


def look_call(keys: Keys, ring: Ring, *, at: int | str = "") -> ScriptCall:
    """Reads a budget's ring; ``at`` (milliseconds) is given by tests."""
    tag = upstream_tag(ring.upstream)
    return script_call(
        "budget_look",
        ring=keys.budget(tag, ring.width_ms, ring.buckets),
        windows=keys.budget_windows(tag),
        width_ms=ring.width_ms,
        buckets=ring.buckets,
        at=at,
    )


_decoder = msgspec.msgpack.Decoder(NodeLive)


class Live:
    """Reads what nodes say, on the server of the counters. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def of(self, nodes: Iterable[str]) -> dict[str, NodeLive]:
        """By node; without those that said nothing lately, or nothing that this program can read."""
        names = list(nodes)
        words = self._client.get_many(self._keys.node_live(name) for name in names) if names else []
        read = {name: _read(data) for name, data in zip(names, words, strict=True)}
        return {name: live for name, live in read.items() if live is not None}

    def rings(self, rings: Iterable[Ring]) -> dict[Ring, RingNow]:
        """Without those whose server does not answer. Raises StoreAway if none does."""
        wanted = list(rings)
        replies = self._client.pipeline([look_call(self._keys, ring) for ring in wanted]) if wanted else []
        return {
            ring: ring_now(reply)
            for ring, reply in zip(wanted, replies, strict=True)
            if not isinstance(reply, StoreError)
        }

    def ejected(self) -> dict[Member, int]:
        """For the whole cluster: milliseconds left."""
        with self._client.session(self._keys.health_ejected()) as session:
            rows = run_script(session, "health_look", ejected=self._keys.health_ejected(), now_ms="")
        return {_member(name): int(left) for name, left in zip(rows[::2], rows[1::2], strict=True)}


def _member(text: bytes) -> Member:
    upstream, _, url = text.decode().rpartition(" ")
    return Member(upstream, url)


def ring_now(reply: Any) -> RingNow:
    """Raises StoreError for a reply of another shape."""
    if not isinstance(reply, list) or len(reply) != len(RingNow._fields):
        raise StoreError("budget_look.lua answered something of another shape")
    return RingNow(*map(int, reply))


def _read(data: bytes | None) -> NodeLive | None:
    if data is None:
        return None
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None
