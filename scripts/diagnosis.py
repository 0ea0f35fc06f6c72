"""What ``weir doctor`` concludes from what it saw. Pure: numbers and records in, findings with a hint out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from scripts.terminal.moments import span
from weir.api.keys import Key
from weir.api.nodes import NodePage, NodeState
from weir.api.sessions import Caller

MOST_SKEW_S = 5.0
DAY_MS = 86_400_000
SOON_MS = 7 * DAY_MS
POLICIES = ("noeviction", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl")
"""Of the store, from right to wrong: with ``allkeys-…`` it may drop versions when its memory is full."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    about: str
    level: Literal["fine", "doubtful", "wrong"]
    text: str
    hint: str = ""
    """What to do."""


def clocks(date: str, here_s: float) -> Finding:
    """From the Date header of an answer that came just now; it counts whole seconds."""
    try:
        skew = here_s - parsedate_to_datetime(date).timestamp() - 0.5
    except ValueError:
        return Finding("clocks", "doubtful", "the API's clock is not known")
    if abs(skew) <= MOST_SKEW_S:
        return Finding("clocks", "fine", "this machine and the API agree")
    side = "ahead of" if skew > 0 else "behind"
    return Finding(
        "clocks", "wrong", f"this machine is {span(abs(skew) * 1000)} {side} the API",
        "run NTP on both: times of versions, ends of tokens and daily limits depend on it",
    )  # fmt: skip


def token(caller: Caller, now_ms: int) -> Finding:
    left = caller.expires_ms - now_ms
    text = f"{caller.name or caller.kind} ({caller.role}), good for {span(left)}"
    if left < SOON_MS and caller.kind == "token":
        return Finding("token", "doubtful", text, f"weir token rotate {caller.id}, then weir login")
    return Finding("token", "fine", text)


def keys(expiring: Sequence[Key], now_ms: int) -> Iterator[Finding]:
    """API keys that end within a week and that somebody still uses; nothing where there are none."""
    used = [key for key in expiring if now_ms - key.last_used_ms < DAY_MS]
    if used:
        first = min(used, key=lambda key: key.expires_ms)
        count = "one that is in use ends" if len(used) == 1 else f"{len(used)} that are in use end"
        yield Finding(
            "API keys", "doubtful",
            f"{count} within a week: {first.id} of {first.consumer} in {span(first.expires_ms - now_ms)}",
            f"weir key list --only expiring, weir key rotate {first.id} --overlap 1d",
        )  # fmt: skip


def nodes(page: NodePage, items: Sequence[NodeState]) -> Iterator[Finding]:
    if not page.live:
        yield Finding("nodes", "wrong", "none has been heard for 30 s", "start one: weir up, or weir edge")
        return
    if page.behind:
        yield Finding(
            "versions", "wrong", f"{page.behind} of {page.live} nodes do not serve version {page.number}",
            "weir nodes names them; their log says why",
        )  # fmt: skip
    else:
        yield Finding("versions", "fine", f"all nodes serve version {page.number}")
    for node in items:
        if node.state != "ok":
            problem = f"; {node.config_problems[0]}" if node.config_problems else ""
            yield Finding(
                f"node {node.name}", "wrong", f"{node.state}, store {node.store}{problem}",
                "docs/failure-modes.md says what each state means and what to do",
            )  # fmt: skip
    programs = sorted({node.program for node in items})
    if len(programs) > 1:
        yield Finding(
            "programs", "doubtful", f"nodes run {' and '.join(programs)}", "bring all to one version"
        )
    if all(node.state == "ok" for node in items):
        yield Finding("nodes", "fine", f"{page.live} live, none is degraded")


def store(info: Mapping[str, object], save: str | None) -> Iterator[Finding]:
    """``info`` is what INFO says, ``save`` when snapshots are made: empty for never, None for unknown."""
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = info.get("valkey_version") or info.get("redis_version", "?")
    mode = info.get("redis_mode", "standalone")
    yield Finding("store", "fine", f"{name} {version}, {mode}")
    if info.get("aof_enabled") in (1, "1"):
        yield Finding("persistence", "fine", "every write goes to its append-only file")
    elif save == "":
        yield Finding("persistence", "wrong", "it keeps nothing on disk", "appendonly yes")
    else:
        yield Finding(
            "persistence", "doubtful", "snapshots only: if it crashes, the last versions and tokens are lost",
            "appendonly yes",
        )  # fmt: skip
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy == "noeviction":
        yield Finding("eviction", "fine", "noeviction")
    elif policy in POLICIES:
        yield Finding(
            "eviction",
            "doubtful",
            f"{policy}: counters may be dropped when memory is full",
            "maxmemory-policy noeviction",
        )
    else:
        yield Finding(
            "eviction", "wrong", f"{policy}: versions and tokens may be dropped when memory is full",
            "maxmemory-policy noeviction",
        )  # fmt: skip


def mode(what: str, path: str, bits: int, most: int) -> Finding:
    """``bits`` are the permissions that a file has, ``most`` those that it may have."""
    if bits & ~most:
        return Finding(what, "wrong", f"{path} has mode {bits:o}", f"chmod {most:o} {path}")
    return Finding(what, "fine", f"{path} is yours alone")
