"""How many requests are copied, and how a copy gives its place free."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace

import pytest

from edge.forwarding.mirror import MAX_BODY, Copy, Mirrors
from edge.phases import mirror
from edge.telemetry.telemetry import Telemetry

UPSTREAM = SimpleNamespace(name="shadow")
SHARE = SimpleNamespace(upstream=UPSTREAM)


class Sent(Mirrors):
    """Sends nothing, keeps what it was given."""

    def __init__(self) -> None:
        self.telemetry = Telemetry()
        super().__init__(self.telemetry)
        self.bodies: list[bytes] = []

    def send(self, share, exchange, body: bytes) -> None:
        self.bodies.append(body)
        self.over(share.upstream.name, "answered")


def copy_of(mirrors: Mirrors) -> Copy:
    mirrors.in_flight += 1
    exchange = SimpleNamespace(copy=None)
    exchange.copy = Copy(mirrors, exchange, SHARE)  # type: ignore[arg-type]
    return exchange.copy


@pytest.mark.parametrize(("chance", "least", "most"), [(1.0, 1000, 1000), (0.0, 0, 0), (0.1, 60, 140)])
def test_the_share_is_what_the_rule_says(chance: float, least: int, most: int) -> None:
    begun: list[object] = []
    engine = SimpleNamespace(
        random=Random(1), mirrors=SimpleNamespace(begin=lambda _exchange, share: begun.append(share))
    )
    exchange = SimpleNamespace(downstream=SimpleNamespace(engine=engine))
    plan = SimpleNamespace(mirror=SimpleNamespace(chance=chance, share=SHARE))
    for _ in range(1000):
        mirror.run(exchange, plan)  # type: ignore[arg-type]
    assert least <= len(begun) <= most


def test_pieces_are_joined_and_sent_with_the_last() -> None:
    mirrors = Sent()
    copy = copy_of(mirrors)
    copy.add(b"a", last=False)
    assert (mirrors.bodies, mirrors.in_flight) == ([], 1)
    copy.add(b"b", last=True)
    assert (mirrors.bodies, mirrors.in_flight) == ([b"ab"], 0)


@pytest.mark.parametrize(("more", "outcome"), [(0, "answered"), (1, "body-too-large")])
def test_a_body_has_a_bound(more: int, outcome: str) -> None:
    mirrors = Sent()
    copy = copy_of(mirrors)
    copy.add(b"x" * MAX_BODY, last=False)
    copy.add(b"x" * more, last=True)
    assert mirrors.telemetry.mirrors == {("shadow", outcome): 1}
    assert mirrors.in_flight == 0


def test_a_copy_that_is_dropped_gives_its_place_free() -> None:
    mirrors = Sent()
    copy_of(mirrors).drop("incomplete")
    assert mirrors.in_flight == 0
    assert next(mirrors.telemetry.take())["counters"] == [
        ["weir_mirrored_total", ["shadow", "incomplete"], 1]
    ]
    assert mirrors.telemetry.mirrors == {}
