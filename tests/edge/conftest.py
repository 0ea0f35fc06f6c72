"""One real edge and one scripted upstream for the tests of a process; each test publishes the rules it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.edge_process import EdgeProcess
from tests.support.upstream import Upstream


@pytest.fixture(scope="session")
def shared_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    edge = EdgeProcess(
        tmp_path_factory.mktemp("edge"),
        'rule none { when any; respond 404 "" }',
        head_timeout_s=1.0,
        body_timeout_s=1.0,
        write_timeout_s=1.0,
    )
    yield edge
    edge.stop()


@pytest.fixture
def edge(shared_edge: EdgeProcess) -> EdgeProcess:
    """Its bounds for slow clients are one second."""
    return shared_edge


@pytest.fixture
def upstreams() -> Iterator[Callable[..., Upstream]]:
    """Makes upstreams that are stopped in the end."""
    made: list[Upstream] = []

    def make(**options: object) -> Upstream:
        made.append(Upstream(**options).start())  # type: ignore[arg-type]
        return made[-1]

    yield make
    for upstream in made:
        upstream.stop()
