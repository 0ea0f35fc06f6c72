"""How many requests are copied, and how a copy gives its place free."""

from __future__ import annotations

import ssl
import time
from random import Random
from types import SimpleNamespace

import gevent
import pytest

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.forwarding import mirror as module
from edge.forwarding.mirror import MAX_BODY, Copy, Mirrors
from edge.http.names import response_names
from edge.phases import mirror
from edge.telemetry.telemetry import Telemetry
from edge.upstream.concurrency_gate import Gate
from edge.upstream.drains import Drains, part_of
from edge.upstream.errors import Cause, Sent, Stage, UpstreamError
from edge.upstream.health_board import HealthBoard
from edge.upstream.resolver import Resolver
from edge.upstream.upstreams import Upstream, Upstreams
from tests.support.serving import serve
from weir.models.effective import Pool
from weir.models.upstream_clauses import Concurrency
from weir.models.upstream_clauses import Target as TargetClause

UPSTREAM = SimpleNamespace(name="shadow")
SHARE = SimpleNamespace(upstream=UPSTREAM)


class Kept(Mirrors):
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
    mirrors = Kept()
    copy = copy_of(mirrors)
    copy.add(b"a", last=False)
    assert (mirrors.bodies, mirrors.in_flight) == ([], 1)
    copy.add(b"b", last=True)
    assert (mirrors.bodies, mirrors.in_flight) == ([b"ab"], 0)


@pytest.mark.parametrize(("more", "outcome"), [(0, "answered"), (1, "body-too-large")])
def test_a_body_has_a_bound(more: int, outcome: str) -> None:
    mirrors = Kept()
    copy = copy_of(mirrors)
    copy.add(b"x" * MAX_BODY, last=False)
    copy.add(b"x" * more, last=True)
    assert mirrors.telemetry.mirrors == {("shadow", outcome): 1}
    assert mirrors.in_flight == 0


def test_a_copy_that_is_dropped_gives_its_place_free() -> None:
    mirrors = Kept()
    copy_of(mirrors).drop("incomplete")
    assert mirrors.in_flight == 0
    assert next(mirrors.telemetry.take())["counters"] == [
        ["weir_mirrored_total", ["shadow", "incomplete"], 1]
    ]
    assert mirrors.telemetry.mirrors == {}


class Ran(Mirrors):
    """Keeps whom a copy would go to, and lets it end."""

    def __init__(self) -> None:
        super().__init__(Telemetry())
        self.targets: list[str] = []

    def _run(self, share, target, request: bytes, is_head: bool) -> None:
        self.targets.append(target.url)
        self.over(share.upstream.name, "answered")


REQUEST = SimpleNamespace(
    method="GET",
    fields=(),
    forwarding_written=True,
    head=SimpleNamespace(method=b"GET", length=0, lengths=()),
    host_sent=b"a.test",
    sent_path="/",
)


def sent_to(upstream: Upstream, count: int = 12) -> set[str]:
    """The targets of so many copies."""
    mirrors, share = Ran(), SimpleNamespace(upstream=upstream, host_of_target=False, host=b"")
    for _ in range(count):
        mirrors.in_flight += 1
        mirrors.send(share, REQUEST, b"")  # type: ignore[arg-type]
    gevent.sleep(0)
    assert mirrors.in_flight == 0
    return set(mirrors.targets)


def test_a_copy_goes_to_nobody_who_is_out_or_drained() -> None:
    board, drains = HealthBoard(), Drains()
    upstreams = Upstreams(
        sweeper=Sweeper(),
        resolver=Resolver(),
        names=response_names(),
        limits=Limits(),
        context=ssl.create_default_context(),
        board=board,
        drains=drains,
    )
    ill, drained, well = (TargetClause(url=f"http://127.0.0.1:{port}") for port in (1, 2, 3))
    (upstream,) = serve(upstreams, Pool(name="u", targets=(ill, drained, well)))
    assert sent_to(upstream) == {ill.url, drained.url, well.url}
    until = time.monotonic() + 600
    board.hear({"ejected": [], "failing": [["file", "u", ill.url, until]]})
    assert sent_to(upstream) == {drained.url, well.url}
    place = part_of("file", "u", drained.url)
    drains.hear({"part": place, "drains": [["file", "u", drained.url, until]]})
    board.hear({"ejected": [], "failing": []})
    assert sent_to(upstream) == {ill.url, well.url}


class Fake:
    """An upstream connection's answer, or its failure."""

    def __init__(self, answer: tuple[int, float] | UpstreamError) -> None:
        self.answer = answer

    def __call__(self, *_: object) -> tuple[int, float]:
        if isinstance(self.answer, UpstreamError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "learned"),
    [
        ((200, 0.25), [("answered", 200)]),
        (UpstreamError(Cause.TIMEOUT, "no", stage=Stage.HEAD, sent=Sent.ALL), [("failed", Cause.TIMEOUT)]),
    ],
)
def test_whatever_becomes_of_a_copy_its_place_is_free_again_and_the_limit_learns_of_it(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, float] | UpstreamError, learned: list[object]
) -> None:
    told: list[object] = []

    class Noting(Gate):
        def answered(self, status: int, seconds: float, in_flight: int) -> None:
            told.append(("answered", status))

        def failed(self, error: UpstreamError, seconds: float, in_flight: int) -> None:
            told.append(("failed", error.cause))

    gate = Noting("u", Concurrency(limit=1), 1, lambda _name, _outcome: None)
    monkeypatch.setattr(module, "_send", Fake(answer))
    mirrors = Mirrors(Telemetry())
    upstream = SimpleNamespace(name="u", gate=gate, key=None, choose=lambda _key: SimpleNamespace(url="u"))
    mirrors.in_flight = 2
    for _ in range(2):
        mirrors.send(SimpleNamespace(upstream=upstream, host_of_target=False, host=b""), REQUEST, b"")  # type: ignore[arg-type]
    assert (mirrors.in_flight, gate.slots.in_flight) == (1, 1), "the second one finds no place"
    gevent.sleep(0)
    assert (mirrors.in_flight, gate.slots.in_flight, told) == (0, 0, learned)
