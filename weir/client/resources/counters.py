"""``counters``: limits that are nearly used up, retry budgets, health of targets, as they are now."""

from __future__ import annotations

from typing import cast

from weir.api.counters import BudgetsNow, CountersQuery, HealthNow, LimitsNow, LimitsNowQuery
from weir.client.calls import Calls


class Counters:
    """One page at a time: these are of the moment."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def limits(self, query: LimitsNowQuery | None = None) -> LimitsNow:
        return cast(LimitsNow, self._calls.call("counters.limits", query=query).result)

    def budgets(self, query: CountersQuery | None = None) -> BudgetsNow:
        return cast(BudgetsNow, self._calls.call("counters.budgets", query=query).result)

    def health(self, query: CountersQuery | None = None) -> HealthNow:
        return cast(HealthNow, self._calls.call("counters.health", query=query).result)
