import pytest

from benchmarks.side_by_side.report import aligned, all_ratios, medians, ratio_rows, ratios, rows

FAST = [{"per_second": 100.0, "cpu_us": 10.0}, {"per_second": 300.0, "cpu_us": 10.0}]
SLOW = [{"per_second": 50.0, "cpu_us": 30.0}, {"per_second": 60.0, "cpu_us": 20.0}]


def test_a_median_is_taken_of_each_figure() -> None:
    assert medians([*SLOW, {"per_second": 1000.0, "cpu_us": 25.0}]) == {"per_second": 60.0, "cpu_us": 25.0}


def test_a_ratio_is_made_pair_by_pair_and_not_of_medians() -> None:
    assert ratios(SLOW, FAST, "per_second") == pytest.approx((0.2, 0.35, 0.5))


def test_a_figure_that_one_of_them_has_not_has_no_ratio() -> None:
    assert ratios(SLOW, [{"per_second": 1.0}, {"per_second": 1.0}], "cpu_us") is None
    assert ratios([], [], "cpu_us") is None


def test_nothing_is_divided_by_nought() -> None:
    assert ratios(SLOW, [{"per_second": 0.0}, {"per_second": 1.0}], "per_second") is None


def test_everybody_is_compared_with_the_baseline_and_not_the_baseline_with_itself() -> None:
    assert all_ratios({"nginx": FAST, "weir": SLOW}, "nginx") == {
        "weir": {
            "per_second": pytest.approx((0.2, 0.35, 0.5)),
            "cpu_us": pytest.approx((2.0, 2.5, 3.0)),
        }
    }


def test_without_the_baseline_nothing_is_compared() -> None:
    assert all_ratios({"weir": SLOW}, "nginx") == {}


def test_a_figure_that_is_missing_is_a_dash_and_one_that_nobody_has_is_no_column() -> None:
    found = {"nginx": {"per_second": 12345.6, "half_p99_ms": 1.234}, "caddy": {"per_second": 99.0}}
    assert list(rows(found, ("per_second", "rss_mib", "half_p99_ms"))) == [
        ["", "per second", "p99 half load"],
        ["nginx", "12346", "1.23"],
        ["caddy", "99", "-"],
    ]


def test_a_ratio_shows_the_median_and_its_bounds() -> None:
    assert list(ratio_rows({"weir": {"per_second": (0.4, 0.5, 0.6)}, "caddy": {}})) == [
        ["", "per second"],
        ["weir", "0.50 (0.40-0.60)"],
        ["caddy", "-"],
    ]


def test_names_stand_left_and_figures_right() -> None:
    assert aligned([["", "a"], ["weir", "100"]]) == "        a\nweir  100"
