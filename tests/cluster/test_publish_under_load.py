"""Versions change while requests flow, and no request notices."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import server_folder
from tests.support.steady_client import SteadyClient
from tests.support.wait import wait_until
from tests.support.weir_up import WeirUp

MANY = 10_000
RULE = 'rule r{0} {{ when host == "h{1}.example.com" and path under "/p{0}"; respond 200 "{2}" }}\n'
WITHIN_S = 240.0
"""Reached only when something is broken: ten thousand rules take some seconds on a slow machine."""


@pytest.fixture
def up() -> Iterator[WeirUp]:
    with server_folder() as folder:
        running = WeirUp(folder / "state", "--access-log", "off").ready()
        yield running
        running.close()


def many_rules(marker: str) -> str:
    return "".join(map(RULE.format, range(MANY), (number % 100 for number in range(MANY)), [marker] * MANY))


def replaced(path: Path, text: str) -> None:
    """As an editor saves: a new file takes the name."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


@pytest.mark.xdist_group("heavy")
def test_ten_thousand_rules_come_and_change_without_a_failed_request(up: WeirUp) -> None:
    small = up.rules.read_text()
    with SteadyClient(up.url, "/hello") as client:
        replaced(up.rules, small + many_rules("first"))
        wait_until(lambda: up.ready_facts()["version"]["number"] == 2, within_s=WITHIN_S, what="version 2")
        wait_until(
            lambda: up.ready_facts()["status"] == "ok", within_s=WITHIN_S, what="version 2 on all workers"
        )
        before = client.answers
        changed = small + many_rules("first") + 'rule late { when path == "/late"; respond 200 "here" }\n'
        replaced(up.rules, changed)
        wait_until(lambda: up.get("/late") == (200, "here"), within_s=WITHIN_S, what="the added rule")
        wait_until(lambda: client.answers > before + 10, what="more answers")
    assert client.failures == []


def test_many_small_changes_are_all_published_in_order(up: WeirUp) -> None:
    small = up.rules.read_text()
    seen: list[int] = []
    with SteadyClient(up.url, "/hello") as client:
        for number in range(10):
            replaced(up.rules, small + f'rule n {{ when path == "/n"; respond 200 "{number}" }}\n')
            wait_until(lambda number=number: up.get("/n") == (200, str(number)), what=f"change {number}")
            seen.append(up.ready_facts()["version"]["number"])
    assert client.failures == []
    assert seen == sorted(seen)
    assert len(set(seen)) == 10


def test_an_open_stream_outlives_the_version_it_began_with(up: WeirUp) -> None:
    connection = http.client.HTTPConnection(up.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/stream?n=2")
    response = connection.getresponse()
    assert response.status == 200
    started = time.monotonic()
    replaced(up.rules, up.rules.read_text() + 'rule n { when path == "/n"; respond 200 "new" }\n')
    wait_until(lambda: up.get("/n") == (200, "new"), what="the next version")
    events = response.read().decode()
    assert events.count("data:") == 2, f"after {time.monotonic() - started:.1f} s"
    connection.close()
