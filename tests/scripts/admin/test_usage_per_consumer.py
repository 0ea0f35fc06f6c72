"""Usage per consumer as a file; what nodes count is tested with them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.admin.usage_per_consumer import COUNTS, lines_of, totals
from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.consumers import ConsumerBody
from weir.api.traffic import CONSUMER_CSV_COLUMNS, ConsumerExportQuery, ConsumerTrafficQuery

pytestmark = pytest.mark.xdist_group("weir-api")


def lines(*rows: dict[str, object]) -> list[str]:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, CONSUMER_CSV_COLUMNS, restval=0)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().splitlines(keepends=True)


def test_what_a_consumer_did_is_in_the_file(gateway: Gateway, scripts: Any, tmp_path: Path) -> None:
    for consumer in gateway.client.consumers.every():
        gateway.client.consumers.delete(consumer.name, if_match="*")
    gateway.publish('rule counted { when path == "/counted"; require key; respond 200 "" }')
    gateway.client.consumers.create("acme", ConsumerBody())
    key = gateway.client.keys.create("acme").secret

    def status(headers: dict[str, str]) -> int:
        return httpx.get(gateway.up.url + "/counted", headers=headers, timeout=30).status_code

    wait_until(lambda: status({"X-API-Key": key}) == 200, within_s=WITHIN_S, what="the rule")
    assert status({}) == 401
    wait_until(
        lambda: b",acme," in b"".join(gateway.client.traffic.export_consumers(ConsumerExportQuery())),
        within_s=WITHIN_S,
        what="the day's counts",
    )
    out = tmp_path / "usage.csv"
    ran = scripts.run("usage_per_consumer.py", "--days", "1", "--consumer", "acme", "--out", str(out))
    assert ran.returncode == 0, ran.stderr
    (row,) = csv.DictReader(io.StringIO(out.read_text(), newline=""))
    assert tuple(row) == CONSUMER_CSV_COLUMNS
    assert int(row["success"]) >= 1
    assert row["client_errors"] == "0"
    total = scripts.run("usage_per_consumer.py", "--total")
    assert total.stdout.splitlines()[0].split(",") == ["consumer", *COUNTS, "mean_ms"]
    (found,) = (each for each in gateway.client.traffic.every_consumer(ConsumerTrafficQuery(consumer="acme")))
    assert found.traffic.requests >= 1


def test_days_are_summed_and_means_are_weighed() -> None:
    found = totals(
        lines(
            {"consumer": "bob", "requests": 1, "success": 1, "mean_ms": 1.0},
            {"consumer": "alice", "requests": 3, "success": 2, "bytes_in": 5, "mean_ms": 2.0},
            {"consumer": "alice", "requests": 1, "success": 1, "mean_ms": 10.0},
            {"consumer": "idle"},
        )
    )
    rows = list(csv.DictReader(io.StringIO(found.decode(), newline="")))
    assert [
        (row["consumer"], row["requests"], row["success"], row["bytes_in"], row["mean_ms"]) for row in rows
    ] == [
        ("alice", "4", "3", "5", "4.0"),
        ("bob", "1", "1", "0", "1.0"),
        ("idle", "0", "0", "0", "0.0"),
    ]


def test_lines_are_whole_wherever_the_stream_is_cut() -> None:
    assert list(lines_of([b"a\r", b"\nb\r\n", b"c", b"", b"d"])) == ["a\r\n", "b\r\n", "cd"]
