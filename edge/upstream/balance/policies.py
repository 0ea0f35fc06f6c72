"""Every policy of ``balance``, by the word that the rule language has for it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from edge.upstream.balance.candidate import Candidate
from edge.upstream.balance.least_conn import least_conn
from edge.upstream.balance.p2c import p2c
from edge.upstream.balance.rendezvous import rendezvous
from edge.upstream.balance.turn import Turn, round_robin

Pick = Callable[[Turn[Candidate], str, Container[Candidate]], Candidate | None]
"""(targets and whose turn it is, key, who is excluded) → who takes the request; None if nobody can."""

POLICIES: Mapping[str, Pick[Any]] = {
    "round_robin": round_robin,
    "least_conn": least_conn,
    "p2c": p2c,
    "hash": rendezvous,
}
