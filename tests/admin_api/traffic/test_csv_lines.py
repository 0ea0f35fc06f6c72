"""Usage as CSV."""

from __future__ import annotations

import csv
import io

import pytest

from admin_api.traffic.csv_lines import consumer_lines, day_lines, heading, safe
from weir.api.traffic import CONSUMER_CSV_COLUMNS, CSV_COLUMNS
from weir.models.usage import WIDTH
from weir.store.usage import Period


def rows(*entries: tuple[str, list[int]]) -> list[dict[str, str]]:
    data = heading() + b"".join(day_lines(Period("day", 20_000), entries))
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_each_rule_has_a_line_in_the_order_of_names() -> None:
    found = rows(("file/b", [3, *[0] * (WIDTH - 1)]), ("api/a", [0, 0, 0, 2, *[0] * (WIDTH - 4)]))
    assert [
        (row["day"], row["owner"], row["rule"], row["requests"], row["server_errors"]) for row in found
    ] == [
        ("2024-10-04", "api", "a", "2", "2"),
        ("2024-10-04", "file", "b", "3", "0"),
    ]
    assert tuple(found[0]) == CSV_COLUMNS


def test_each_consumer_has_a_line_too() -> None:
    entries = [("bob", [1] * WIDTH), ("=alice", [3, *[0] * (WIDTH - 1)])]
    data = heading(CONSUMER_CSV_COLUMNS) + b"".join(consumer_lines(Period("day", 20_000), entries))
    found = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert [(row["day"], row["consumer"], row["requests"]) for row in found] == [
        ("2024-10-04", "'=alice", "3"),
        ("2024-10-04", "bob", "5"),
    ]
    assert tuple(found[0]) == CONSUMER_CSV_COLUMNS


def test_names_with_commas_quotes_and_lines_are_one_cell() -> None:
    assert rows(('api/a,"b"\nc', [1] * WIDTH))[0]["rule"] == 'a,"b"\nc'


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@A1", "\t=1"])
def test_no_name_is_a_formula_of_a_spreadsheet(name: str) -> None:
    assert safe(name) == "'" + name
    assert safe("a" + name) == "a" + name


def test_many_rules_come_in_pieces() -> None:
    pieces = list(day_lines(Period("day", 1), ((f"api/{number}", [1] * WIDTH) for number in range(450))))
    assert len(pieces) == 3
    assert sum(piece.count(b"\r\n") for piece in pieces) == 450
