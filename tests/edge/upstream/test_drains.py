"""A drained target gets nothing new, whatever health, cookies and hashes say."""

from __future__ import annotations

import ssl
import time
from typing import Any

import pytest

from edge.deadlines import Sweeper
from edge.downstream.limits import Limits
from edge.http.names import response_names
from edge.upstream import drains as module
from edge.upstream.drains import PARTS, Drains, part_of, read_news, report
from edge.upstream.drains_file import Drained
from edge.upstream.resolver import Resolver
from edge.upstream.upstreams import Upstream, Upstreams
from tests.support.serving import serve
from weir.models.effective import Pool
from weir.models.upstream_clauses import Balance, SlowStart, Sticky, Target

A, B, C = (Target(url=f"http://127.0.0.1:{port}") for port in (1, 2, 3))


class Worker:
    """Upstreams over drains that the test tells."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.drains = Drains(lambda: self.now)
        self.upstreams = Upstreams(
            sweeper=Sweeper(),
            resolver=Resolver(),
            names=response_names(),
            limits=Limits(),
            context=ssl.create_default_context(),
            drains=self.drains,
        )

    def serve(self, *targets: Target, **clauses: Any) -> Upstream:
        return serve(self.upstreams, Pool(name="u", targets=targets, **clauses), secret="secret")[0]

    def drain(self, *targets: Target, for_s: float = 60.0) -> None:
        """These and no others."""
        parts: dict[int, list[Drained]] = {part: [] for part in range(PARTS)}
        for target in targets:
            parts[part_of("file", "u", target.url)].append(Drained("file", "u", target.url, self.now + for_s))
        for part, rows in parts.items():
            self.drains.hear({"part": part, "drains": [list(row) for row in rows]})


@pytest.fixture
def worker() -> Worker:
    return Worker()


def chosen(upstream: Upstream, count: int = 12) -> set[str | None]:
    found = (upstream.choose(f"key-{number}") for number in range(count))
    return {None if target is None else target.url for target in found}


@pytest.mark.parametrize("policy", ["round_robin", "least_conn", "p2c", "hash"])
def test_every_policy_passes_over_a_drained_target_until_it_is_back(worker: Worker, policy: Any) -> None:
    upstream = worker.serve(A, B, balance=Balance(policy=policy, hash_on="ip"))
    worker.drain(A)
    assert chosen(upstream) == {B.url}
    worker.drain()
    assert chosen(upstream, 40) == {A.url, B.url}


def test_a_drain_ends_by_itself(worker: Worker) -> None:
    upstream = worker.serve(A, B)
    worker.drain(A, for_s=10)
    worker.now += 9.9
    worker.drains.tick()
    assert chosen(upstream) == {B.url}
    worker.now += 0.2
    worker.drains.tick()
    assert chosen(upstream) == {A.url, B.url}
    assert list(worker.drains.upstreams()) == []


def test_a_single_target_can_be_drained_and_then_nobody_is_chosen(worker: Worker) -> None:
    upstream = worker.serve(A)
    worker.drain(A)
    assert chosen(upstream) == {None}
    assert upstream.nobody() == "every target of upstream u that may get requests is drained"
    worker.drain()
    assert "weight above 0" in upstream.nobody()


def test_a_drain_outlives_a_publish_and_holds_for_an_upstream_that_comes_later(worker: Worker) -> None:
    worker.drain(A)
    assert chosen(worker.serve(A, B)) == {B.url}
    assert chosen(worker.serve(A, B, C)) == {B.url, C.url}


def test_only_the_upstream_of_that_owner_and_name_is_meant(worker: Worker) -> None:
    worker.drain(A)
    (other,) = serve(worker.upstreams, ("api", Pool(name="u", targets=(A, B))))
    assert chosen(other) == {A.url, B.url}


def test_panic_spares_no_drained_target_and_is_about_the_others_only(worker: Worker) -> None:
    upstream = worker.serve(A, B, C)
    health = upstream.health
    assert health is not None
    worker.drain(A, B)
    last = upstream.targets[2]
    for _ in range(5):
        health.failed(last, worker.now)
    assert chosen(upstream) == {C.url}, "no request is refused because of health alone"
    assert health.panic


def test_a_client_that_sticks_to_a_drained_target_gets_another_one(worker: Worker) -> None:
    upstream = worker.serve(A, B, sticky=Sticky(cookie="weir"))
    assert upstream.sticky is not None
    line = upstream.sticky.line(upstream.targets[0], "http").decode()
    value = line.partition("=")[2].partition(";")[0]

    class Request:
        def cookie(self, _name: str) -> str:
            return value

    assert upstream.held(Request()) is upstream.targets[0]
    worker.drain(A)
    assert upstream.held(Request()) is None


def test_who_comes_back_starts_slowly_where_the_upstream_says_so(worker: Worker) -> None:
    upstream = worker.serve(A, B, slow_start=SlowStart(for_ms=60_000))
    assert list(upstream.turn.weights) == [1, 1]
    worker.drain(A)
    worker.drain()
    assert upstream.turn.weights[0] < 0.5


def test_what_is_on_disk_holds_until_the_agent_says_otherwise(worker: Worker) -> None:
    upstream = worker.serve(A, B)
    worker.drains.load([Drained("file", "u", A.url, worker.now + 60)])
    assert chosen(upstream) == {B.url}
    worker.drain()
    assert chosen(upstream) == {A.url, B.url}


def test_what_is_in_flight_at_drained_targets_is_reported_up_to_a_bound(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.serve(A, B)
    worker.drain(A, B)
    rows = report(worker.drains, worker.upstreams.drained_in_flight)
    assert rows == [["file", "u", A.url, 0], ["file", "u", B.url, 0]]
    monkeypatch.setattr(module, "MAX_REPORTED", 1)
    assert len(report(worker.drains, worker.upstreams.drained_in_flight)) == 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"part": 0, "drains": [["file"]]},
        {"part": PARTS, "drains": []},
        {"part": 0, "drains": [["a", "b", "c", "d"]]},
    ],
)
def test_news_that_are_none_are_refused(body: Any) -> None:
    with pytest.raises(ValueError, match="drained targets"):
        read_news(body)
