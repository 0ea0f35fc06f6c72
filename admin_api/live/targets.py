"""Targets: which are out, where and since when, and which are drained. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from weir.api.counters import TargetHealth
from weir.api.targets import TargetDrain, TargetNow
from weir.models.document import Owner
from weir.models.effective import Pool
from weir.store.drains import Drain
from weir.store.health import Member
from weir.store.live import NodeLive, NodeTarget

Seen = Mapping[Member, list[NodeTarget]]


def seen_of(words: Iterable[NodeLive]) -> dict[Member, list[NodeTarget]]:
    """What nodes say of each target."""
    found: defaultdict[Member, list[NodeTarget]] = defaultdict(list)
    for word in words:
        for one in word.targets:
            found[Member(one.upstream, one.url)].append(one)
    return dict(found)


def health_of(seen: Seen, ejected: Mapping[Member, int], drained: Iterable[Member]) -> list[TargetHealth]:
    """Those that are out first. ``ejected``: for the whole cluster, milliseconds left."""
    taken = set(drained)
    found = [
        _health(member, seen.get(member, []), ejected.get(member, 0), is_drained=member in taken)
        for member in {*seen, *ejected, *taken}
    ]
    order = {"out": 0, "drained": 1, "in": 2}
    return sorted(found, key=lambda one: (order[one.state], one.owner, one.upstream, one.target))


def _health(member: Member, several: list[NodeTarget], left_ms: int, *, is_drained: bool) -> TargetHealth:
    owner, _, upstream = member.upstream.partition("/")
    out = [one for one in several if one.out]
    checked = [one for one in several if one.healthy is not None]
    newest = min(checked, key=lambda one: one.last_age_s, default=None)
    return TargetHealth(
        owner=owner,
        upstream=upstream,
        target=member.url,
        state="out" if out or left_ms else "drained" if is_drained else "in",
        why=why_of(several, cluster=bool(left_ms)),
        since_ms=since_of(several),
        for_s=max([left_ms / 1000, *(one.for_s for one in out)]),
        nodes_out=len(out),
        panic=any(one.panic for one in out),
        cluster=bool(left_ms),
        healthy=None if newest is None else newest.healthy,
        check="" if newest is None else newest.last,
        check_age_s=0.0 if newest is None else newest.last_age_s,
        detail="" if newest is None else newest.detail,
    )


def why_of(several: Iterable[NodeTarget], *, cluster: bool) -> tuple[str, ...]:
    """Words of ``eject`` and ``check``."""
    found = {why for one in several for why in one.why}
    found.update("check" for one in several if one.healthy is False)
    return tuple(sorted({*found, "cluster"} if cluster else found))


def since_of(several: Iterable[NodeTarget]) -> int:
    return min((one.since_ms for one in several if one.since_ms), default=0)


def drain_of(drain: Drain, several: Iterable[NodeTarget]) -> TargetDrain:
    """``several``: what nodes say of it."""
    told = [one.drained_in_flight for one in several if one.drained_in_flight is not None]
    return TargetDrain(
        until_ms=drain.until_ms,
        left_s=drain.left_ms / 1000,
        since_ms=drain.since_ms,
        reason=drain.reason,
        author=drain.author,
        in_flight=sum(told) if told else None,
    )


def targets_of(
    pools: Mapping[Owner, Mapping[str, Pool]],
    seen: Seen,
    ejected: Mapping[Member, int],
    drained: Mapping[Member, Drain],
) -> Iterator[TargetNow]:
    """By owner, upstream and place."""
    for owner in sorted(pools):
        for name, pool in sorted(pools[owner].items()):
            for target in pool.targets:
                member = Member(f"{owner}/{name}", target.url)
                several, drain = seen.get(member, []), drained.get(member)
                out = [one for one in several if one.out]
                yield TargetNow(
                    owner=owner,
                    upstream=name,
                    target=target.url,
                    weight=target.weight,
                    out=bool(out) or member in ejected,
                    why=why_of(several, cluster=member in ejected),
                    nodes_out=len(out),
                    since_ms=since_of(several),
                    drained=None if drain is None else drain_of(drain, several),
                )
