"""What a scrape says of budgets."""

from __future__ import annotations

from typing import Any, ClassVar

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.budgets import Budgets
from edge.agent.budgets_metrics import BudgetMetrics
from edge.retry.budget_terms import terms_of
from edge.telemetry.families import MAX_SERIES
from weir.models.upstream_clauses import Budget
from weir.store.keys import Keys


class Store:
    def ask(self, _call: Any, timeout_s: float = 0.05) -> Any:
        return [0, 7, 600, 3, b"cap", 300, 100, 1, 9]

    def later(self, call: Any, done: Any, unsent: Any = None) -> None:
        done(self.ask(call))


def test_budgets_are_named_by_their_upstream_and_refusals_by_their_reason() -> None:
    registry = CollectorRegistry()
    budgets = Budgets(Store(), Keys("test"), workers=1, max_nodes=2, nodes=lambda: 1)
    BudgetMetrics(registry, budgets)
    terms = terms_of(Budget(percent=10.0, max=100)).spoken()
    for owner in ("file", "api"):
        budgets.answer(1, {"report": [f"{owner}/orders", terms, [0, 0, 0], []], "need": 1, "want": 1})
    text = generate_latest(registry).decode()
    assert 'weir_budget_refused_total{upstream="orders",why="cap"} 2.0' in text
    assert 'weir_budget_cap{upstream="orders"} 200.0' in text
    assert 'weir_budget_available{upstream="orders"} 6.0' in text
    assert 'weir_budget_lent_units_total{upstream="orders"} 0.0' in text


class Full:
    """A node with as many refusals as there can be: six reasons of each budget."""

    refused: ClassVar = {(f"file/u{number // 6}", f"why-{number % 6}"): 1 for number in range(MAX_SERIES + 1)}

    def state(self) -> list[dict[str, Any]]:
        return []


def test_there_are_not_more_series_of_refusals_than_the_bound() -> None:
    registry = CollectorRegistry()
    BudgetMetrics(registry, Full())
    assert generate_latest(registry).decode().count("\nweir_budget_refused_total{") == MAX_SERIES
