"""Health of targets as the cluster sees it: evidence of failures, ejections, and the results of checks. Calls, no I/O.

A call is made here, sent by whoever has a client (``Client.pipeline``), and its reply is read here. Times in replies
are milliseconds left or ago, so that no two clocks are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.script_calls import ScriptCall, script_call
from weir.store.scripts import Value

KEEP_MS = 600_000
"""Results of checks that are older are forgotten."""
MAX_CHECKS = 10_000
"""Checks of a cluster whose results are kept."""
MAX_TOLD = 1_000
"""Results in one view."""
MAX_ENTRIES = 50
"""Targets in one report: what the store is asked to look at in one go stays short."""
MAX_GONE = 500
"""Targets that are told with a report to be in no upstream any more."""


class Member(NamedTuple):
    """One target of one upstream."""

    upstream: str
    """``<owner>/<name>``."""
    url: str

    def text(self) -> str:
        """As the store knows it; no URL has a space."""
        return f"{self.upstream} {self.url}"


class Evidence(NamedTuple):
    """What one node saw of one target since its last report."""

    member: Member
    targets: int
    """In its upstream."""
    max_percent: float
    after: int
    """Failures in a row."""
    for_ms: int
    """The first ejection."""
    good: int
    bad: int
    row: int
    """Failures since the last good answer."""


class Result(msgspec.Struct, frozen=True, array_like=True):
    """Of a check: what its prober found, and what follows from that and what was found before."""

    healthy: bool
    row: int
    """How often in a row the other was found."""
    outcome: str
    """``passed``, or what went wrong in a word."""
    detail: str
    node: str


class Seen(NamedTuple):
    """A result, with its age."""

    check: str
    age_ms: int
    result: Result


class View(NamedTuple):
    """What the cluster knows."""

    suspects: frozenset[Member]
    """Whose good answers count too from now on."""
    ejected: dict[Member, int]
    """Milliseconds left."""
    results: tuple[Seen, ...]
    """New since the last view, and perhaps a few of those before."""
    since: int
    """What the next call gives as ``since``. May be less than before: the store's clock was set back."""
    more: bool = False
    """Than could be told at once; the next call tells it."""
    nodes: int = 1
    """That have looked lately, this one among them."""


class Lease(NamedTuple):
    """Who checks a target."""

    mine: bool
    left_ms: int
    holder: str
    last: Seen | None = None
    """What was found last, by whomever, if it is mine."""


class HealthCalls(NamedTuple):
    """Of one node."""

    keys: Keys
    node: str

    def report(
        self, evidence: Sequence[Evidence], now_ms: str = "", *, gone: Collection[Member] = ()
    ) -> ScriptCall:
        """The reply is who is ejected now. ``gone``: who is no target any more; ejected, it does not count.

        At most ``MAX_ENTRIES`` and ``MAX_GONE``; raises ValueError for more.
        """
        if len(evidence) > MAX_ENTRIES or len(gone) > MAX_GONE:
            raise ValueError(
                f"{len(evidence)} targets in one report, and {len(gone)} that are gone; "
                f"at most {MAX_ENTRIES} and {MAX_GONE}"
            )
        entries: list[Value] = []
        for one in evidence:
            entries += [one.member.text(), one.targets, str(one.max_percent), one.after, one.for_ms]
            entries += [one.good, one.bad, one.row]
        return script_call(
            "health",
            suspects=self.keys.health_suspects(),
            evidence=self.keys.health_evidence(),
            ejected=self.keys.health_ejected(),
            nodes=self.keys.health_nodes(),
            node=self.node,
            now_ms=now_ms,
            gone="\n".join(member.text() for member in gone),
            entries=entries,
        )

    def view(self, since: int, now_ms: str = "") -> ScriptCall:
        """``since``: of the last view, 0 at first."""
        return script_call(
            "health_view",
            suspects=self.keys.health_suspects(),
            evidence=self.keys.health_evidence(),
            ejected=self.keys.health_ejected(),
            checked=self.keys.health_checked(),
            results=self.keys.health_results(),
            nodes=self.keys.health_nodes(),
            node=self.node,
            since=since,
            now_ms=now_ms,
        )

    def lease(self, check: str, for_ms: int, now_ms: str = "") -> ScriptCall:
        """Asks to be the one who checks."""
        return script_call(
            "health_lease",
            lease=self.keys.health_lease(check),
            checked=self.keys.health_checked(),
            results=self.keys.health_results(),
            node=self.node,
            for_ms=for_ms,
            check=check,
            now_ms=now_ms,
        )

    def result(self, check: str, result: Result, lease_ms: int, now_ms: str = "") -> ScriptCall:
        """Publishes; the reply is 1 if it was taken."""
        keys = self.keys
        return script_call(
            "health_result",
            lease=keys.health_lease(check),
            checked=keys.health_checked(),
            results=keys.health_results(),
            node=self.node,
            for_ms=lease_ms,
            check=check,
            result=msgspec.msgpack.encode(result),
            keep_ms=KEEP_MS,
            most=MAX_CHECKS,
            now_ms=now_ms,
        )


_decoder = msgspec.msgpack.Decoder(Result)


def read_view(reply: Any, since: int) -> View:
    """The reply to ``view``. Raises StoreError for what is none; results of a newer program's shape are left out."""
    try:
        now, suspects, ejected, results, nodes = reply
        told = list(zip(results[::3], results[1::3], results[2::3], strict=True))
        found = ((check, int(now) - int(at), _result(data)) for check, at, data in told)
        seen = [
            Seen(check.decode(), max(0, age), result) for check, age, result in found if result is not None
        ]
        more = len(told) >= MAX_TOLD
        return View(
            frozenset(_member(text) for text in suspects),
            {_member(text): int(left) for text, left in zip(ejected[::2], ejected[1::2], strict=True)},
            tuple(seen),
            _next_since(since, int(now), [int(at) for _, at, _ in told], more=more),
            more,
            int(nodes),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"health_view.lua answered something else: {error}") from error


def _next_since(since: int, now: int, told: Sequence[int], *, more: bool) -> int:
    """Of the last result that was told, which is told again; but it never stays where it is with more to tell."""
    begin = since if since <= now else 0
    return max(begin + (1 if more else 0), *told) if told else begin


def read_lease(reply: Any, check: str) -> Lease:
    """The reply to ``lease``. Raises StoreError for what is none."""
    try:
        mine, left_ms, holder, *last = reply
        lease = Lease(mine == 1, max(0, int(left_ms)), holder.decode())
        if not lease.mine:
            return lease
        age_ms, data = last
        found = _result(data)
        return lease if found is None else lease._replace(last=Seen(check, int(age_ms), found))
    except (TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"health_lease.lua answered something else: {error}") from error


def _result(data: bytes) -> Result | None:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None


def _member(text: bytes) -> Member:
    upstream, _, url = text.decode().rpartition(" ")
    return Member(upstream, url)
