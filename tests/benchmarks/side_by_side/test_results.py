from pathlib import Path

from benchmarks.side_by_side import results
from benchmarks.side_by_side.page import markdown, page
from benchmarks.side_by_side.results import Results, measured
from benchmarks.side_by_side.scenarios import SCENARIOS

SMALL = SCENARIOS[0]
ROUND = {"p50_ms": 1.0, "p99_ms": 2.0, "rss_mib": 10.0, "pss_mib": 9.0, "half_p99_ms": 3.0}


def a_run() -> Results:
    run = Results(
        made="2026-11-22T10:00:00+00:00",
        machine={"cpu": "a CPU", "cores": "2", "system": "Linux 6.1", "python": "3.11.2"},
        versions={"nginx": "1.22.1", "weir": "0.1.0"},
        left_out={"caddy": "caddy is not installed (Debian: caddy)"},
        options={"rounds": 1, "seconds": 4},
    )
    found = {
        "nginx": [{**ROUND, "per_second": 20_000.0, "cpu_us": 30.0}],
        "weir": [{**ROUND, "per_second": 12_000.0, "cpu_us": 60.0}],
    }
    run.scenarios[SMALL.name] = measured(SMALL, found, {"haproxy": "it ended"})
    run.checks = run.checked()
    return run


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "new" / "bench.json"
    results.write(file, a_run())
    assert results.read(file) == a_run()


def test_the_file_has_medians_and_ratios_beside_the_rounds() -> None:
    small = a_run().scenarios["small"]
    assert small.medians["weir"]["per_second"] == 12_000
    assert small.ratios == {
        "weir": {**dict.fromkeys(("p50_ms", "p99_ms", "rss_mib", "half_p99_ms"), (1.0, 1.0, 1.0)),
                 "per_second": (0.6, 0.6, 0.6), "cpu_us": (2.0, 2.0, 2.0)}
    }  # fmt: skip


def test_the_page_names_what_was_left_out_what_failed_and_what_was_missed() -> None:
    text = page(a_run())
    assert "* caddy: left out, caddy is not installed (Debian: caddy)" in text
    assert "haproxy failed: it ended" in text
    assert "| weir | 12000 | 1.00 | 2.00 | 60.0 | 10.0 | 9.0 | 3.00 |" in text
    assert "| weir | 0.60 (0.60-0.60) |" in text
    assert "| small: per_second / nginx >= 0.5 | 0.60 | met |" in text
    assert "| small: per_second / caddy >= 2 | - | not measured |" in text


def test_a_table_is_markdown() -> None:
    assert markdown([["", "a"], ["b", "1"]]) == "|  | a |\n|---|---|\n| b | 1 |\n"
