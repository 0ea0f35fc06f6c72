"""Puts the experiment's budgets in the place of the edge's; imported by a worker only.

What the real budget decides is not touched: it is wrapped, so that its grants are written down with the moment at which
they were decided.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.avalanche.budgets import Local
from benchmarks.avalanche.policies import REAL_POLICIES, Policy
from edge.retry.budget import RetryBudget, Verdict, boot_time
from edge.retry.budgets import RetryBudgets
from weir.models.document import Owner
from weir.models.upstream_clauses import Budget

GRANTED_LINE = "{at:.9f} {cost}\n"


class GrantLog:
    """A file of lines: monotonic seconds of the decision, and the cost. Each is one write, so none is torn or lost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1
        # Both clocks run at the same pace as long as the machine does not sleep.
        self._offset = time.monotonic() - boot_time()

    def write(self, boot_at: float, cost: int) -> None:
        if self._file < 0:
            path = self._folder / str(os.getpid())
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(self._file, GRANTED_LINE.format(at=boot_at + self._offset, cost=cost).encode())


class Watched:
    """Weir's own budget, its grants written down."""

    def __init__(self, budget: RetryBudget, log: GrantLog) -> None:
        self._budget = budget
        self._log = log
        self.attempted = budget.attempted
        self.succeeded = budget.succeeded

    def take(self, cost: int, wait_s: float) -> Verdict:
        verdict = self._budget.take(cost, wait_s)
        if verdict.granted:
            self._log.write(verdict.at, cost)
        return verdict


class OfOneProcess:
    """A budget that knows of this worker only."""

    def __init__(self, local: Local, log: GrantLog) -> None:
        self._local = local
        self._log = log
        self.attempted = local.attempted
        self.succeeded = local.succeeded

    def take(self, cost: int, wait_s: float) -> Verdict:  # noqa: ARG002 - nobody has to be asked
        now = boot_time()
        if not self._local.granted(cost):
            return Verdict(False, "ratio", now)
        self._log.write(now, 1)  # to the others a retry is a retry, whatever Weir says that it costs
        return Verdict(True, "", now)


Of = Callable[[RetryBudgets, Owner, str, Budget | None], RetryBudget]


def install(policy: str, workers: int, grants: Path) -> None:
    """``grants``: a folder that gets a file for each worker. Raises KeyError for a policy that there is not."""
    RetryBudgets.of = _of(BY_NAME[policy], workers, GrantLog(grants), RetryBudgets.of)  # type: ignore[assignment, method-assign]


BY_NAME = {policy.name: policy for policy in REAL_POLICIES}


def _of(policy: Policy, workers: int, log: GrantLog, real: Of) -> Callable[..., Watched | OfOneProcess]:
    made: dict[str, OfOneProcess] = {}

    def of(
        budgets: RetryBudgets, owner: Owner, upstream: str, budget: Budget | None
    ) -> Watched | OfOneProcess:
        if policy.local is None:
            return Watched(real(budgets, owner, upstream, budget), log)
        if upstream not in made:
            made[upstream] = OfOneProcess(policy.local(time.monotonic, workers), log)
        return made[upstream]

    return of
