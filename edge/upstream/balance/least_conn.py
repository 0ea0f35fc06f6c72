"""The policy ``least_conn``: the fewest requests in flight for its weight; those that are equal take turns."""

from __future__ import annotations

from collections.abc import Container

from edge.upstream.balance.candidate import Candidate
from edge.upstream.balance.turn import Turn


def least_conn(turn: Turn[Candidate], key: str, exclude: Container[Candidate]) -> Candidate | None:  # noqa: ARG001 - not by key
    """One pass over the candidates; the turns among equals follow the weights."""
    least = 0.0
    ties: list[int] = []
    for place in turn.open_to(exclude):
        load = turn.items[place].in_flight / turn.weights[place]
        if not ties or load < least:
            least, ties = load, [place]
        elif load == least:
            ties.append(place)
    return turn.items[ties[0]] if len(ties) == 1 else turn.among(ties)
