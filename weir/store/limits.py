"""The calls of ``limit.lua``, ``gcra.lua`` and ``quota.lua`` and their replies, with types. Pure: sent elsewhere.

What the scripts count, and why no window ever sees more than its limit, is described in docs/limits.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call

SHORT_MS = 10_000
"""Up to this length a window has twenty buckets, above it sixty."""
LEAST_BUCKET_MS = 12
"""A lease lives for one to two buckets, so with shorter ones it would end on its way. No rule has a shorter window."""
MAX_NODES = 4096
"""Nodes that may count in one window of one quota; further ones live on their share."""
_WHYS = frozenset({"ok", "fenced", "full", "lost"})


class Window(NamedTuple):
    """Of a sliding limit. Another geometry is another ring."""

    bucket_ms: int
    buckets: int


class Wish(NamedTuple):
    """Tokens to take."""

    want: int
    least: int = 1
    """Fewer are of no use."""
    divisor: int = 1
    """At most this part of what is left, but not below ``least``."""
    further: int = 0
    """Of a sliding limit: buckets by which the end of the lease is put off; its tokens count so much longer."""


class Back(NamedTuple):
    """Tokens that were not spent, of one bucket of one ring."""

    bucket: int = 0
    birth: str = ""
    tokens: int = 0
    number: int = 0
    """Greater than that of the holder's last; the same number is taken once, and is said again until there is a reply.
    0: nothing comes back."""


NOTHING_BACK = Back()


class Lease(NamedTuple):
    """The reply of ``limit.lua``."""

    granted: int
    left: int
    """Tokens of the window that nobody has; below 0 after the limit was lowered."""
    wait_ms: int
    """Nothing more can be granted within it; 0 if it was granted."""
    reset_ms: int
    """Until the oldest tokens count no more."""
    ttl_ms: int
    """How long the tokens may be spent, from the moment of sending the call."""
    bucket: int
    """In which they are booked; nothing granted: would be."""
    birth: str
    """Of the ring; another one is a ring that knows nothing of this."""


class Level(NamedTuple):
    """The reply of ``gcra.lua``."""

    granted: int
    left: int
    wait_ms: int
    reset_ms: int


class Count(NamedTuple):
    """What one node took of a quota's window; both numbers only grow."""

    node: str
    granted: int
    returned: int


class Usage(NamedTuple):
    """The reply of ``quota.lua``."""

    granted: int
    left: int
    wait_ms: int
    ttl_ms: int
    """Until the window ends."""
    window: int
    why: str
    """``ok``; ``fenced``: a later life of this node took over; ``full``: too many nodes; ``lost``: the store knows of
    less than the caller, who should say all and ask again."""
    counts: tuple[Count, ...]
    """Of all nodes, the caller's last."""


def window_of(per_ms: int) -> Window:
    """Buckets of at least 12 ms that together are as long as ``per_ms``, or a little longer; one if it is shorter."""
    most = 20 if per_ms <= SHORT_MS else 60
    buckets = max(1, min(most, per_ms // LEAST_BUCKET_MS))
    return Window(-(-per_ms // buckets), buckets)


def limit_tag(identity: str, key: str) -> str:
    """What stands in the hash tag: a limit and what it counts apart, without a character of either."""
    return hashlib.blake2b(f"{identity}\0{key}".encode(errors="surrogateescape"), digest_size=16).hexdigest()


def limit_call(
    keys: Keys,
    tag: str,
    window: Window,
    most: int,
    wish: Wish,
    *,
    holder: str,
    new_birth: str,
    back: Back = NOTHING_BACK,
    at: int | str = "",
) -> ScriptCall:
    """``at`` (milliseconds) is given by tests; empty, the server's clock holds."""
    return script_call(
        "limit",
        ring=keys.limit_ring(tag, window.bucket_ms, window.buckets),
        bucket_ms=window.bucket_ms,
        buckets=window.buckets,
        most=most,
        want=wish.want,
        least=wish.least,
        divisor=wish.divisor,
        further=wish.further,
        holder=holder,
        back_bucket=back.bucket,
        back_birth=back.birth,
        back=back.tokens,
        back_number=back.number,
        new_birth=new_birth,
        at=at,
    )


def lease_of(reply: Any) -> Lease:
    """Raises StoreError for a reply of another shape."""
    *numbers, birth = _fields(reply, "limit.lua", Lease._fields)
    return Lease._make([*map(int, numbers), _text(birth)])


def gcra_call(
    keys: Keys, tag: str, per_ms: int, most: int, burst: int, wish: Wish, *, at: int | str = ""
) -> ScriptCall:
    """``at`` (milliseconds) is given by tests."""
    return script_call(
        "gcra",
        level=keys.limit_level(tag, per_ms),
        per_ms=per_ms,
        most=most,
        burst=burst,
        want=wish.want,
        least=wish.least,
        at=at,
    )


def level_of(reply: Any) -> Level:
    """Raises StoreError for a reply of another shape."""
    return Level(*map(int, _fields(reply, "gcra.lua", Level._fields)))


def quota_call(
    keys: Keys,
    tag: str,
    window_ms: int,
    most: int,
    wish: Wish,
    *,
    node: str,
    life: int,
    window: int,
    known: Iterable[Count],
    heard: int = 0,
    at: int | str = "",
) -> ScriptCall:
    """``window_ms`` 0 is a month; ``known`` are counts of the window of that number, ``heard`` is what all nodes were
    granted in it, as far as the caller knows. ``at`` is given by tests."""
    return script_call(
        "quota",
        usage=keys.limit_quota(tag, window_ms),
        window_ms=window_ms,
        most=most,
        want=wish.want,
        least=wish.least,
        divisor=wish.divisor,
        node=node,
        life=life,
        window=window,
        heard=heard,
        nodes=MAX_NODES,
        at=at,
        known=[value for count in known for value in count],
    )


def usage_of(reply: Any) -> Usage:
    """Raises StoreError for a reply of another shape."""
    *numbers, why, flat = _fields(reply, "quota.lua", Usage._fields)
    word = _text(why)
    if word not in _WHYS or not isinstance(flat, list) or len(flat) % 3:
        raise StoreError("quota.lua answered something that is no usage")
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    counts = tuple(Count(_text(node), int(granted), int(returned)) for node, granted, returned in triples)
    return Usage._make([*map(int, numbers), word, counts])


def _fields(reply: Any, script: str, fields: tuple[str, ...]) -> list[Any]:
    if not isinstance(reply, list) or len(reply) != len(fields):
        raise StoreError(f"{script} answered something of another shape")
    return reply


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
