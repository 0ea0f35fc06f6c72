"""Usage as a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.traffic import CSV_COLUMNS, ExportQuery

pytestmark = pytest.mark.xdist_group("weir-api")


def test_what_went_through_is_in_the_file(gateway: Gateway, scripts: Any, tmp_path: Path) -> None:
    gateway.publish('rule exported { when path == "/exported"; respond 200 "" }')
    wait_until(lambda: gateway.up.get("/exported")[0] == 200, within_s=WITHIN_S, what="the rule")
    wait_until(
        lambda: b",exported," in b"".join(gateway.client.traffic.export(ExportQuery())),
        within_s=WITHIN_S,
        what="the day's counts",
    )
    out = tmp_path / "usage.csv"
    ran = scripts.run("export_usage.py", "--days", "1", "--owner", "api", "--out", str(out))
    assert ran.returncode == 0, ran.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
    assert tuple(rows[0]) == CSV_COLUMNS
    (row,) = (row for row in rows if row["rule"] == "exported")
    assert int(row["requests"]) >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["usage.csv"]


def test_an_api_that_is_away_leaves_what_was_there(scripts: Any, tmp_path: Path) -> None:
    out = tmp_path / "usage.csv"
    out.write_text("before")
    ran = scripts.run("export_usage.py", "--out", str(out), "--url", "http://127.0.0.1:9")
    assert (ran.returncode, out.read_text()) == (3, "before")
    assert ran.stderr.startswith("export_usage: ")
    assert [path.name for path in tmp_path.iterdir()] == ["usage.csv"]


def test_days_that_are_none_are_wrong_input(scripts: Any) -> None:
    ran = scripts.run("export_usage.py", "--first", "2026-13-01")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("export_usage: ")
