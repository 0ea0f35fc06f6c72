"""The policy ``p2c``: two are drawn, by weight, and the one that costs less takes the request.

A target's cost is its latency of late (``latency``) times what is in flight there for its weight, this request
included. The first of the two keeps the request unless the other is clearly cheaper: so targets that are alike share by
their weights, and a difference of moments does not send everybody to the same place.

A target that was never measured costs nothing until something is in flight there, then as much as a failure: it gets
one request to show itself, and not all of them at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Container, Sequence

from edge.upstream.balance.candidate import Candidate, Measured
from edge.upstream.balance.latency import FAILURE_S
from edge.upstream.balance.turn import Turn

CLEARLY = 1.25
"""How many times the cost of the other makes a target the worse choice."""


def p2c(
    turn: Turn[Candidate],
    key: str,  # noqa: ARG001 - not by key
    exclude: Container[Candidate],
    *,
    chance: Callable[[], float] = random.random,
    clock: Callable[[], float] = time.monotonic,
) -> Candidate | None:
    """``chance`` gives numbers from 0 to below 1."""
    places = turn.open_to(exclude)
    if len(places) < 2:
        return turn.items[places[0]] if places else None
    first, second = draw_two(turn.weights, places, chance)
    now, mean = clock(), turn.total / len(turn.weights)
    first_cost = cost(turn.items[first], turn.weights[first] / mean, now)
    second_cost = cost(turn.items[second], turn.weights[second] / mean, now)
    return turn.items[second if second_cost * CLEARLY < first_cost else first]


def cost(target: Measured, weight: float, now: float) -> float:
    """Of one more request; ``weight`` is 1 for the mean of all."""
    in_flight = target.in_flight
    if not target.latency.known:
        return FAILURE_S * in_flight / weight
    return target.latency.seconds(now) * (in_flight / weight + 1.0)


def draw_two(weights: Sequence[float], places: Sequence[int], chance: Callable[[], float]) -> tuple[int, int]:
    """Two different ones of at least two ``places``, each by weight."""
    total = sum([weights[place] for place in places])
    first = _drawn(weights, places, -1, chance() * total)
    return first, _drawn(weights, places, first, chance() * (total - weights[first]))


def _drawn(weights: Sequence[float], places: Sequence[int], without: int, point: float) -> int:
    """The place in whose part of the line of weights the point lies; the last one takes what rounding leaves."""
    last = -1
    for place in places:
        if place == without:
            continue
        last = place
        point -= weights[place]
        if point < 0:
            break
    return last
