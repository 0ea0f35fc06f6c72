"""What went through, asked of the admin API over a real store."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.support.admin import AdminClient, admin_app
from tests.support.usage import counted
from weir.models.usage import COUNTS, WIDTH
from weir.rules.parser import parse
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.publish import Draft, Published, Publisher
from weir.store.usage import Period
from weir.store.usage_read import Usage

API = "/api/v1/traffic"
RULES = """
group g { when host == "a"; rule used { when path == "/u"; respond 200 "" }
          rule idle { when path == "/i"; respond 200 "" } }
rule old { when path == "/o"; respond 200 "" }
"""


@pytest.fixture
def admin(client: Client) -> AdminClient:
    made: AdminClient = admin_app(client, "viewer")
    return made


@pytest.fixture
def now(client: Client, keys: Keys) -> int:
    """The minute, by the store's clock."""
    return Usage(client, keys).about().now_ms // 60_000


def numbers(**counts: int) -> list[int]:
    found = [0] * WIDTH
    for name, number in counts.items():
        found[COUNTS.index(name)] = number
    return found


def published(client: Client, keys: Keys) -> None:
    draft = Draft(owner="api", base=0, author="alice", incarnation="")
    assert isinstance(Publisher(client, keys).publish(draft, parse(RULES).document), Published)


def get(admin: AdminClient, path: str, **query: Any) -> Any:
    answer = admin.get(f"{API}/{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_before_anything_was_counted_every_answer_is_empty_and_says_so(admin: AdminClient) -> None:
    rules = get(admin, "rules")
    assert (rules["items"], rules["next"], rules["total"]["requests"]) == ([], "", 0)
    assert (rules["span"]["counting_since_ms"], rules["span"]["seconds"]) == (0, 0.0)
    assert get(admin, "targets")["items"] == []
    assert get(admin, "rule", name="a")["total"]["requests"] == 0
    unused = get(admin, "unused")
    assert (unused["items"], unused["number"], unused["counting_since_ms"]) == ([], 0, 0)
    assert admin.get(f"{API}/export").text.count("\r\n") == 1


def test_rules_are_summed_over_the_window_sorted_filtered_and_paged(
    admin: AdminClient, client: Client, keys: Keys, now: int
) -> None:
    counted(
        client, keys, Period("minute", now), {"rapi/a": numbers(success=3), "rfile/b": numbers(success=9)}
    )
    counted(client, keys, Period("minute", now - 3), {"rapi/a": numbers(server_errors=1)})
    counted(client, keys, Period("minute", now - 60), {"rapi/a": numbers(success=100)})
    found = get(admin, "rules", window="5m")
    assert [(each["owner"], each["rule"], each["traffic"]["requests"]) for each in found["items"]] == [
        ("file", "b", 9),
        ("api", "a", 4),
    ]
    assert found["total"]["requests"] == 13
    assert found["items"][1]["traffic"]["error_ratio"] == 0.25
    assert get(admin, "rules", window="2h", owner="api")["items"][0]["traffic"]["requests"] == 104
    assert [each["rule"] for each in get(admin, "rules", sort="errors")["items"]] == ["a", "b"]
    first = get(admin, "rules", limit=1)
    assert (first["next"], get(admin, "rules", limit=1, cursor=first["next"])["items"][0]["rule"]) == (
        "1",
        "a",
    )
    assert get(admin, "rules", rule="b")["total"]["requests"] == 9


def test_targets_are_those_of_upstreams(admin: AdminClient, client: Client, keys: Keys, now: int) -> None:
    counts = {"tapi/u http://t:1": numbers(success=3, unanswered=1), "tapi/v http://t:1": numbers(success=1)}
    counted(client, keys, Period("minute", now), counts)
    (found,) = get(admin, "targets", upstream="u")["items"]
    assert (found["owner"], found["upstream"], found["target"]) == ("api", "u", "http://t:1")
    assert found["traffic"]["error_ratio"] == 0.25


def test_a_rule_has_a_point_for_each_minute_or_day(
    admin: AdminClient, client: Client, keys: Keys, now: int
) -> None:
    counted(client, keys, Period("minute", now), {"rapi/g/a": numbers(success=3)})
    counted(client, keys, Period("day", now // 1440), {"rapi/g/a": numbers(success=8)})
    minutes = get(admin, "rule", name="g/a", window="5m")
    assert len(minutes["points"]) == 6
    assert minutes["points"][-1]["at_ms"] in (now * 60_000, (now - 1) * 60_000)
    assert sum(point["traffic"]["requests"] for point in minutes["points"]) == 3
    days = get(admin, "rule", name="g/a", window="7d", owner="api")
    assert (len(days["points"]), days["total"]["requests"]) == (7, 8)


def test_rules_nobody_hit_are_listed_with_since_when_that_is_known(
    admin: AdminClient, client: Client, keys: Keys, now: int
) -> None:
    published(client, keys)
    counted(client, keys, Period("minute", now), {"rapi/g/used": numbers(success=1)})
    counted(client, keys, Period("day", 1), {"rapi/old": numbers(success=1)}, minute=now - 3000, lost_days=4)
    found = get(admin, "unused", days=2)
    assert [(each["rule"], each["last_hit_ms"]) for each in found["items"]] == [
        ("g/idle", 0),
        ("old", (now - 3000) * 60_000),
    ]
    assert (found["number"], found["days"], found["lost"]) == (1, 2, 4)
    assert found["days_counted"] < 1
    assert 0 <= found["counting_since_ms"] // 60_000 - now <= 1
    assert [each["rule"] for each in get(admin, "unused", days=3)["items"]] == ["g/idle"]
    assert get(admin, "unused", owner="file")["items"] == []


def test_days_are_exported_as_csv(admin: AdminClient, client: Client, keys: Keys) -> None:
    counted(
        client, keys, Period("day", 20_000), {"rapi/a": numbers(success=2), "rfile/b": numbers(success=1)}
    )
    counted(client, keys, Period("day", 20_002), {"rapi/a": numbers(success=4)})
    query = {"first": "2024-10-04", "last": "2024-10-06", "owner": "api"}
    answer = admin.get(f"{API}/export", query_string=query)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "weir-usage-2024-10-04-2024-10-06.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["day"], row["rule"], row["requests"]) for row in rows] == [
        ("2024-10-04", "a", "2"),
        ("2024-10-06", "a", "4"),
    ]


def test_consumers_are_summed_sorted_filtered_and_paged(
    admin: AdminClient, client: Client, keys: Keys, now: int
) -> None:
    counted(client, keys, Period("minute", now), {"calice": numbers(success=3), "cbob": numbers(limited=1)})
    counted(client, keys, Period("minute", now - 1), {"calice": numbers(server_errors=1), "rapi/a": [9]})
    found = get(admin, "consumers")
    assert [(each["consumer"], each["traffic"]["requests"]) for each in found["items"]] == [
        ("alice", 4),
        ("bob", 0),
    ]
    assert found["total"]["requests"] == 4
    assert [each["consumer"] for each in get(admin, "consumers", sort="limited")["items"]] == ["bob", "alice"]
    assert [each["consumer"] for each in get(admin, "consumers", consumer="bo")["items"]] == ["bob"]
    first = get(admin, "consumers", limit=1)
    assert get(admin, "consumers", limit=1, cursor=first["next"])["items"][0]["consumer"] == "bob"


def test_days_of_consumers_are_exported_as_csv(admin: AdminClient, client: Client, keys: Keys) -> None:
    counted(client, keys, Period("day", 20_000), {"calice": numbers(success=2), "cbob": numbers(success=1)})
    query = {"first": "2024-10-04", "last": "2024-10-06"}
    answer = admin.get(f"{API}/export/consumers", query_string=query)
    assert "weir-consumers-2024-10-04-2024-10-06.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["day"], row["consumer"], row["requests"]) for row in rows] == [
        ("2024-10-04", "alice", "2"),
        ("2024-10-04", "bob", "1"),
    ]
    one = admin.get(f"{API}/export/consumers", query_string=query | {"consumer": "bob"}).text
    assert ("alice" in one, "bob" in one) == (False, True)


@pytest.mark.parametrize("query", [{"first": "2024-10-06", "last": "2024-10-04"}, {"last": "0001-01-01"}])
def test_days_that_are_none_are_an_empty_table(admin: AdminClient, query: dict[str, str]) -> None:
    answer = admin.get(f"{API}/export", query_string=query)
    assert (answer.status_code, answer.text.count("\r\n")) == (200, 1)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("rules", {"window": "3m"}),
        ("rules", {"sort": "size"}),
        ("rules", {"cursor": "x"}),
        ("rules", {"limit": 501}),
        ("rule", {}),
        ("unused", {"days": 401}),
        ("export", {"first": "yesterday"}),
        ("tail", {"status": "6xx"}),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(
    admin: AdminClient, path: str, query: dict[str, Any]
) -> None:
    assert admin.get(f"{API}/{path}", query_string=query).status_code == 400
