import pytest

from benchmarks.side_by_side.report import HEADINGS
from benchmarks.side_by_side.scenarios import SCENARIOS
from benchmarks.side_by_side.targets import TARGETS, Check, Target, check, line, text

SMALL = {
    "nginx": [{"per_second": 100.0, "cpu_us": 10.0, "half_p99_ms": 1.0}],
    "weir": [{"per_second": 60.0, "cpu_us": 25.0, "half_p99_ms": 1.5}],
}


def verdicts(found: dict[str, dict[str, list[dict[str, float]]]]) -> dict[str, bool | None]:
    return {each.what: each.met for each in check(found)}


def test_each_target_is_compared_with_its_bound() -> None:
    assert verdicts({"small": SMALL}) == {
        "small: per_second / nginx >= 0.5": True,
        "small: per_second / caddy >= 2": None,
        "small: per_second / traefik >= 1.4": None,
        "small: cpu_us / nginx <= 2.2": False,
        "small: half_p99_ms / nginx <= 2": True,
    }


def test_a_scenario_that_was_not_run_has_no_verdict() -> None:
    assert check({}) == []


def test_where_weir_failed_its_targets_are_missed() -> None:
    assert set(verdicts({"small": {"nginx": SMALL["nginx"]}}).values()) == {False}


def published(worse: float, failed: float) -> dict[str, float]:
    return {"publish_worse_p999_ms": worse, "one_rule_worse_p999_ms": 1.0, "failed": failed}


def test_one_failed_request_in_one_round_misses_while_latency_goes_by_the_median() -> None:
    rounds = [published(10, 0), published(500, 1), published(20, 0)]
    assert verdicts({"publish": {"weir": rounds}}) == {
        "publish: publish_worse_p999_ms <= 50": True,
        "publish: one_rule_worse_p999_ms <= 10": True,
        "publish: failed <= 0": False,
    }


def test_without_the_limit_weir_is_ours_too_and_its_failure_misses_the_target() -> None:
    assert verdicts({"limit": {"weir": SMALL["weir"], "nginx-lua": SMALL["nginx"]}}) == {
        "limit: per_second / weir-unlimited >= 0.9": False,
        "limit: per_second / nginx-lua >= 1": False,
        "limit: per_second / traefik >= 2.5": None,
    }


@pytest.mark.parametrize("target", TARGETS, ids=text)
def test_a_target_is_of_a_scenario_that_is_run(target: Target) -> None:
    assert target.scenario in {scenario.name for scenario in SCENARIOS}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_every_column_has_a_heading(scenario: object) -> None:
    assert set(getattr(scenario, "columns", ())) <= set(HEADINGS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Check("a", 1.234, met=True), "met          a, found 1.23"),
        (Check("a", 0.0, met=False), "MISSED       a, found 0.00"),
        (Check("a", None, met=None), "not measured a"),
    ],
)
def test_a_verdict_is_one_line(given: Check, said: str) -> None:
    assert line(given) == said
