"""One engine with real sockets for each test, and what went through the pipeline instead of the fast path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge import pipeline
from edge.downstream import connection
from edge.exchange import Exchange
from tests.support.served import Served


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    """Exchanges that the pipeline ran, those that were handed over to it among them."""
    seen: list[Exchange] = []

    def run(exchange: Exchange) -> None:
        seen.append(exchange)
        pipeline.run(exchange)

    monkeypatch.setattr(connection, "run", run)
    return seen


@pytest.fixture(params=[False, True], ids=["with a greenlet", "without a greenlet"])
def serve(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Served]]:
    """Makes an engine for rules; its clients have a greenlet, or none, when what they ask for is ``known``."""
    made: list[Served] = []

    def make(rules: str, **options: object) -> Served:
        made.append(Served(tmp_path / str(len(made)), rules, **options))  # type: ignore[arg-type]
        made[-1].known_by_others = request.param
        return made[-1]

    yield make
    for served in made:
        served.stop()
