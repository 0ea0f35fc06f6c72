"""The page and its pictures are made from whatever results there are."""

from xml.etree import ElementTree

import pytest

from benchmarks.avalanche import results
from benchmarks.avalanche.page import page
from benchmarks.avalanche.pictures import pictures
from benchmarks.avalanche.policies import REAL_POLICIES
from benchmarks.avalanche.setting import Setting
from benchmarks.avalanche.simulation.sweeps import cases, sweep

SHORT = Setting(trigger_at=2.0, trigger_s=1.0, duration_s=6.0)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> results.Results:
    """Every simulated case of the quick run, a few seconds long each, once through the file."""
    wanted = [case._replace(setting=SHORT) for case in cases(quick=True)]
    simulated = results.plain(sweep(wanted, [1]))
    policies = {
        "policies": {policy.name: simulated["loads"][f"{policy.name} 0.7"] for policy in REAL_POLICIES},
        "store": {"killed": simulated["loads"]["weir 0.7"]},
    }
    path = tmp_path_factory.mktemp("avalanche") / "results.json"
    results.write(
        path, {"simulated": simulated, "real": {**policies, "setting": SHORT._asdict()}, "machine": "M."}
    )
    return results.read(path)


def test_the_page_has_a_row_for_every_run_and_says_what_was_measured_and_what_simulated(
    found: results.Results,
) -> None:
    text = page(found)
    measured, _, simulated = text.partition("## Simulated")
    for policy in REAL_POLICIES:
        assert f"| {policy.title} |" in measured
        assert f"| {policy.title}, 0.7 |" in simulated
    assert "The cap is 140 in any 10 s" in measured
    assert "nan" not in text


def test_every_picture_on_the_page_is_made(found: results.Results) -> None:
    made = dict(pictures(found))
    assert set(made) == {"real", "simulated", "processes", "map"}
    for name, svg in made.items():
        ElementTree.fromstring(svg)
        assert f"(avalanche/{name}.svg)" in page(found)
    assert "measured" in made["real"]
    assert all("simulated" in made[name] for name in ("simulated", "processes", "map"))


def test_without_results_there_is_a_page_all_the_same() -> None:
    assert "| policy |" not in page({})
    assert dict(pictures({})) == {}


def test_a_recovery_that_mostly_never_came_is_never() -> None:
    assert results.middle([5.0, None, None]) is None
    assert results.middle([5.0, 7.0, None]) == 7.0
