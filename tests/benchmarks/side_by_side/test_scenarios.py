import pytest

from benchmarks.side_by_side.process import ROOT
from benchmarks.side_by_side.scenarios import LIMIT, SCENARIOS, Scenario
from benchmarks.side_by_side.targets import TARGETS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_the_page_about_benchmarks_says_what_happens_in_it(scenario: Scenario) -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    explained = page[page.index("## The scenarios") : page.index("## Targets")]
    assert f"`{scenario.name}`" in explained


def test_the_page_about_benchmarks_has_a_row_for_each_scenario_with_a_target() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    table = page[page.index("## Targets") :]
    assert {target.scenario for target in TARGETS if f"`{target.scenario}`" not in table} == set()


def test_only_one_scenario_has_a_limit_and_no_gateway_on_one_core_can_meet_it() -> None:
    assert {each.name: each.limit for each in SCENARIOS if each.limit} == {"limit": LIMIT}
    assert LIMIT >= 100_000
