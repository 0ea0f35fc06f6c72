from __future__ import annotations

import msgspec
import pytest

from scripts.terminal.start_screen import Style
from scripts.terminal.tables import width
from scripts.verbs.top import LINES_BESIDE, Look, Room, Watch, screen
from tests.support.typed import at_a_terminal
from tests.support.weir_gateway import Gateway
from weir.api.counters import Heard, LimitsNow, NearLimit
from weir.api.nodes import NodePage
from weir.api.traffic import RulePage, RuleTraffic, Span, Traffic

pytestmark = pytest.mark.xdist_group("weir-api")

SPAN = Span(from_ms=0, until_ms=60_000, seconds=60.0)


def page(requests: int, rules: int = 1) -> RulePage:
    traffic = Traffic(
        requests=requests, server_errors=requests // 10, error_ratio=0.1, p50_ms=1.25, p99_ms=20
    )
    items = tuple(RuleTraffic(owner="api", rule=f"r{number}", traffic=traffic) for number in range(rules))
    return RulePage(items=items, span=SPAN, total=traffic)


NODES = NodePage(number=7, live=2, behind=1, all_serve=6)
HEARD = Heard(nodes=2, spoke=0, oldest_ms=0, left_out=0)
NEAR = NearLimit(
    owner="api", limit="busy", window="sliding", most=10, per_ms=1000, key="10.0.0.1", hash="ab", used=0.95, left=1,
    refused=3, nodes=1, age_ms=0,
)  # fmt: skip


def look(rules: RulePage, *near: NearLimit) -> Look:
    return Look(rules, NODES, LimitsNow(items=near, heard=HEARD))


def test_the_first_screen_has_the_rates_of_the_minute() -> None:
    lines = screen(look(page(600)), Watch(), Room(10), Style()).splitlines()
    assert lines[0] == "version 7 on 2 nodes, 1 behind"
    assert lines[1].startswith("10.0 requests/s, 1.0 errors/s, p50 1.2 ms, p99 20.0 ms, ")
    assert lines[4].split() == ["r0", "api", "10.0", "1.0", "10.0", "1.2", "20.0", "0.0", "0.0"]


def test_later_screens_have_the_rates_between_looks() -> None:
    watch = Watch()
    watch.look(1.0, page(600))
    last = look(page(700))
    watch.look(3.0, last.rules)
    assert screen(last, watch, Room(10), Style()).splitlines()[4].split()[2:4] == ["50.0", "5.0"]


def test_rates_come_from_minutes_which_nodes_bring_every_second_and_not_from_days(gateway: Gateway) -> None:
    shown = gateway.weir.run("top", "--once", "--json").json["rules"]["span"]
    assert 0 < shown["until_ms"] - shown["from_ms"] <= 120_000
    watch = Watch()
    watch.look(1.0, page(600))
    watch.look(2.0, page(650))
    later = msgspec.structs.replace(page(30), span=Span(from_ms=60_000, until_ms=120_000, seconds=60.0))
    watch.look(3.0, later)
    assert watch.rate("requests", "", 0.0) == 50.0, "goes on while the next minute begins"


def test_rules_that_do_not_fit_are_counted() -> None:
    assert screen(look(page(1, 5)), Watch(), Room(2), Style()).endswith("\n… and 3 more rules")
    assert "no requests in the last minute" in screen(look(page(0, 0)), Watch(), Room(2), Style())


@pytest.mark.parametrize("cells", [80, 60, 40])
def test_no_line_is_longer_than_a_terminal_is_wide(cells: int) -> None:
    shown = look(page(123_456_000, 30), *[msgspec.structs.replace(NEAR, key="k" * 90)] * 5)
    lines = screen(shown, Watch(), Room(24 - LINES_BESIDE, cells, 23), Style()).splitlines()
    assert max(width(line) for line in lines) <= cells
    assert len(lines) <= 23
    heading = next(line for line in lines if line.startswith("RULE"))
    assert {"RULE", "REQ/S", "ERR"} <= set(heading.split()), "what matters most is there on any terminal"


def test_a_very_low_terminal_does_not_scroll() -> None:
    lines = screen(look(page(1, 30), NEAR), Watch(), Room(1, 40, 3), Style()).splitlines()
    assert len(lines) == 3


def test_who_is_near_a_limit_is_named() -> None:
    text = screen(look(page(1), NEAR), Watch(), Room(2), Style())
    assert text.endswith("\n\nlimit busy (api): 95% used by 10.0.0.1, 3 refused in the last minute")


def test_one_screen_is_printed_without_a_terminal(gateway: Gateway) -> None:
    ran = gateway.weir.run("top", "--once")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[3].split()[:2] == ["RULE", "OWNER"]
    assert "\x1b" not in ran.out
    assert [*gateway.weir.run("top", "--once", "--json", "--sort", "p99").json] == [
        "rules",
        "nodes",
        "limits",
    ]
    assert gateway.weir.run("top", "--interval", "0").code == 2


def test_at_a_terminal_it_goes_on_until_ctrl_c(gateway: Gateway) -> None:
    seen = at_a_terminal(["top", "--interval", "0.2"], [("\x1b[H\x1b[J", "\x03")], gateway.weir.variables)
    assert seen.code == 130
    assert "Traceback" not in seen.screen
