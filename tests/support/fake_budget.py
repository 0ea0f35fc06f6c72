"""A retry budget that does as it is told, in place of the worker's; what it was told can be looked at."""

from __future__ import annotations

from tests.support.in_process import InProcess


class Verdict:
    def __init__(self, why: str) -> None:
        self.granted = not why
        self.why = why
        self.at = 12.5
        self.bucket = 7


class FakeBudget:
    """Grants, or refuses with ``why``; ``noted`` has a word, a cost that was taken, or (cost, bucket) put back."""

    def __init__(self, why: str = "") -> None:
        self.why = why
        self.noted: list[object] = []

    def attempted(self) -> None:
        self.noted.append("attempted")

    def succeeded(self, *, retry: bool) -> None:
        self.noted.append("retry succeeded" if retry else "succeeded")

    def take(self, cost: int, wait_s: float) -> Verdict:
        assert 0 <= wait_s <= 0.05
        self.noted.append(cost)
        return Verdict(self.why)

    def put_back(self, cost: int, bucket: int) -> None:
        self.noted.append((cost, bucket))


def give(edge: InProcess, budget: FakeBudget) -> None:
    """To all upstreams of its version."""
    for plans in edge.engine.snapshot.plans.values():
        for plan in plans:
            for upstream in plan.upstreams():
                upstream.budget = budget


def retries(edge: InProcess) -> dict[str, int]:
    """By outcome, since it was asked for last."""
    frame = next(edge.engine.telemetry.take())
    return {labels[1]: count for name, labels, count in frame["counters"] if name == "weir_retries_total"}
