"""A large configuration and a change on top of it, from the admin API to every worker."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from benchmarks.apply import Gateway, rules
from tests.support.servers import server_folder
from tests.support.wait import wait_until
from tests.support.weir_up import WeirUp

MANY = 2_000
WITHIN_S = 240.0


@pytest.fixture
def up() -> Iterator[WeirUp]:
    with server_folder() as folder:
        running = WeirUp(folder / "state", "--access-log", "off", "--workers", "2").ready()
        yield running
        running.close()


def answers_of(up: WeirUp, rule: int) -> set[str]:
    """Of many connections, so that every worker answers some."""
    found = set()
    for _ in range(24):
        request = urllib.request.Request(f"{up.url}/s{rule}", headers={"Host": f"h{rule // 10}.example.com"})
        with urllib.request.urlopen(request, timeout=30) as response:
            found.add(response.read().decode())
    return found


@pytest.mark.xdist_group("heavy")
def test_many_rules_and_then_one_reach_every_worker_as_they_were_sent(up: WeirUp) -> None:
    gateway = Gateway(up)
    tag = gateway.ask("GET", "/config")[0]
    tag, number = gateway.write("/config", rules(MANY, {}), "text/plain", tag)
    gateway.wait(number, 7, "first")
    assert answers_of(up, MANY - 1) == {"first"}
    text = rules(MANY, {1_000: "changed"})
    tag, number = gateway.write("/config", text, "text/plain", tag)
    gateway.wait(number, 1_000, "changed")
    assert answers_of(up, 1_000) == {"changed"}
    assert answers_of(up, 1_001) == {"first"}
    rule = 'rule r5 { when host == "h0.example.com" and path under "/s5"; respond 200 "alone" }'
    _, number = gateway.write("/rules/r5", rule, "text/plain", "*")
    gateway.wait(number, 5, "alone")
    wait_until(lambda: answers_of(up, 5) == {"alone"}, within_s=WITHIN_S, what="the rule on every worker")
    difference = gateway.ask("GET", f"/versions/{number}/difference?against=1&owner=api")[1]
    assert '"added":2010' in difference
