"""The real experiment in small: processes that start, send, serve and write down. No figure here depends on speed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from benchmarks.avalanche import gateways
from benchmarks.avalanche.gateways import Gateways
from benchmarks.avalanche.measures import figures, most_in_window, series
from benchmarks.avalanche.policies import NAIVE, WEIR
from benchmarks.avalanche.record import Attempt, Record
from benchmarks.avalanche.run import PATIENCE_S, Event, Upstream, attempts, run
from benchmarks.avalanche.setting import CAP, REAL, WINDOW_S, Setting
from tests.support.parts import need

SMALL = REAL._replace(utilisation=0.4, try_s=0.4, trigger_at=0.4, trigger_s=1.2, duration_s=3.0)


@contextmanager
def nobody(targets: Sequence[int]) -> Iterator[Gateways]:
    """The load goes straight to the upstream's doors."""
    yield Gateways(list(targets), None, None)


def check(record: Record, setting: Setting, retries: int) -> None:
    """Every request is there once, and none was tried more often than the policy says."""
    assert len(record.requests) == pytest.approx(setting.rate * setting.duration_s, rel=0.3)
    assert any(request.ok for request in record.requests)
    assert len(record.attempts) <= (1 + retries) * len(record.requests) + len(record.grants)
    assert {len(values) for values in series(record, setting)} == {int(setting.duration_s)}
    assert figures(record, setting).retries == sum(attempt.retry for attempt in record.attempts)


def test_the_load_reaches_the_upstream_and_every_request_is_one_attempt(tmp_path: Path) -> None:
    record = run(tmp_path / "run", SMALL._replace(trigger_s=0.0, duration_s=1.0), 1, nobody, warm_up_s=0.0)
    assert len(record.attempts) == len(record.requests)
    assert not any(attempt.retry for attempt in record.attempts)


def test_the_same_seed_sends_as_many_requests_at_the_same_times(tmp_path: Path) -> None:
    calm = SMALL._replace(trigger_s=0.0, duration_s=1.0)
    first, second = (run(tmp_path / name, calm, 1, nobody, warm_up_s=0.0) for name in "ab")
    assert [request.due for request in first.requests] == pytest.approx(
        [request.due for request in second.requests], abs=1e-6
    )


def test_errors_are_answered_at_random(tmp_path: Path) -> None:
    failing = SMALL._replace(trigger_s=0.0, duration_s=1.0, error_rate=0.5)
    record = run(tmp_path / "run", failing, 1, nobody, warm_up_s=0.0)
    assert 0.2 < sum(request.ok for request in record.requests) / len(record.requests) < 0.8


def test_a_number_that_comes_again_is_a_retry() -> None:
    arrivals = [(9.5, 1, 1), (10.5, 2, 1), (11.0, 1, 2), (11.5, 2, 1)]
    assert attempts(arrivals, 10.0) == [Attempt(0.5, False), Attempt(1.0, True), Attempt(1.5, True)]


def test_a_policy_of_others_runs_in_the_edges_workers(tmp_path: Path) -> None:
    def start(targets: Sequence[int]) -> AbstractContextManager[Gateways]:
        return gateways.weir(tmp_path / "weir", NAIVE, targets, SMALL, nodes=1, workers=1)

    record = run(tmp_path / "run", SMALL, 1, start, warm_up_s=0.2)
    check(record, SMALL, NAIVE.retries)
    assert record.grants, "no retry was granted although attempts timed out"


def test_weirs_cap_holds_on_two_nodes_also_when_the_store_is_killed(tmp_path: Path) -> None:
    killed: list[float] = []

    def kill(running: Gateways, _: Upstream) -> None:
        assert running.store is not None
        running.store.kill()
        killed.append(time.monotonic())

    def start(targets: Sequence[int]) -> AbstractContextManager[Gateways]:
        return gateways.weir(tmp_path / "weir", WEIR, targets, SMALL, nodes=2, workers=1)

    record = run(tmp_path / "run", SMALL, 1, start, warm_up_s=0.2, events=[Event(1.2, kill)])
    check(record, SMALL, WEIR.retries)
    assert killed
    assert most_in_window(record.grants, WINDOW_S) <= CAP


def test_nginx_runs_where_it_is_installed(tmp_path: Path) -> None:
    need("nginx")

    def start(targets: Sequence[int]) -> AbstractContextManager[Gateways]:
        return gateways.nginx(tmp_path / "nginx", targets, SMALL, tries=4)

    record = run(tmp_path / "run", SMALL, 1, start, warm_up_s=0.2)
    check(record, SMALL, 3)
    assert any(attempt.retry for attempt in record.attempts)


def test_a_door_can_be_shut_and_opened_again(tmp_path: Path) -> None:
    """The load has no retries here: what goes to the third door meanwhile fails."""
    calm = SMALL._replace(trigger_s=0.0, duration_s=2.0)
    events = [
        Event(0.7, lambda _, service: service.order("refuse 2")),
        Event(1.4, lambda _, service: service.order("accept 2")),
    ]
    record = run(tmp_path / "run", calm, 1, nobody, warm_up_s=0.0, events=events)
    refused = [request for request in record.requests if not request.ok and request.took_s < PATIENCE_S / 2]
    assert 0 < len(refused) < len(record.requests) / 2
    last = max(request.due for request in refused)
    assert any(request.ok for request in record.requests if request.due > last)
