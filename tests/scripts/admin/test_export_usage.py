"""Usage as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scripts.admin.export_usage import day_of, parser, query_of, write_file
from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.traffic import CSV_COLUMNS, ExportQuery

pytestmark = pytest.mark.xdist_group("weir-api")
TODAY = date(2026, 11, 23)


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


def test_what_breaks_off_is_no_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        write_file(tmp_path / "usage.csv", pieces())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        ([], date(2026, 10, 25), TODAY),
        (["--days", "1"], TODAY, TODAY),
        (["--last", "yesterday", "--days", "2"], date(2026, 11, 21), date(2026, 11, 22)),
        (["--first", "2026-01-01", "--last", "2026-02-01"], date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_days_are_named_or_counted(arguments: list[str], first: date, last: date) -> None:
    query = query_of(parser().parse_args(arguments), TODAY)
    assert (query.first, query.last) == (first, last)


@pytest.mark.parametrize("arguments", [["--days", "0"], ["--first", "x"], ["--first", "2026-11-24"]])
def test_days_that_are_none_are_refused(arguments: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        query_of(parser().parse_args(arguments), TODAY)
    assert day_of("today", TODAY) == TODAY
