"""Targets for policies: values that a test sets as it likes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.upstream.balance.latency import Latency
from edge.upstream.balance.rendezvous import hash_of
from edge.upstream.balance.turn import Turn


class Fake:
    """A target without a network."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.in_flight = 0
        self.latency = Latency()
        self.seed = hash_of(name)

    def __repr__(self) -> str:
        return self.name


@pytest.fixture(scope="session")
def fakes() -> Callable[..., Turn[Fake]]:
    """Makes targets a, b, c … with these weights."""

    def make(*weights: int) -> Turn[Fake]:
        return Turn([(Fake(f"t{place}"), weight) for place, weight in enumerate(weights)])

    return make
