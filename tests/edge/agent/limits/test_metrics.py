from prometheus_client import CollectorRegistry

from edge.agent.limits.metrics import OUTCOMES, LimitMetrics
from edge.limiting.wire import Answer


def test_every_outcome_is_there_from_the_start_and_counted() -> None:
    registry = CollectorRegistry()
    metrics = LimitMetrics(registry)
    metrics.watch(keys=lambda: 3, nodes=lambda: 2)
    metrics.answered(Answer("full"))
    values = {
        word: registry.get_sample_value("weir_limit_leases_total", {"outcome": word}) for word in OUTCOMES
    }
    assert values == {"granted": 0, "full": 1, "open": 0, "away": 0}
    assert registry.get_sample_value("weir_limit_keys") == 3
    assert registry.get_sample_value("weir_limit_nodes") == 2
