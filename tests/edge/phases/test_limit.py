"""The phase with a limiter that says what the test wants; with the real one in tests/cluster/test_limits.py."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.limiting.verdict import Demand, Standing, Verdict
from edge.phases.limit import JITTER, MOST_JITTER_S
from tests.support.in_process import InProcess
from weir.models.effective import Counted


class SetLimiter:
    """Answers with the verdict that ``says`` makes of the demands; keeps them."""

    def __init__(self) -> None:
        self.counted: list[Counted] = []
        self.asked: list[list[Demand]] = []
        self.refuse = ""
        self.shadow = ""
        self.store_needed = False
        self.retry_after_s = 10.0
        self.waited_s = 0.0
        self.at_hand: tuple[int, float] | None = None
        self.spent: list[tuple[str, int]] = []

    def clock(self) -> float:
        return 1000.0

    def holding(self, _limit: Any, _key: str) -> Any:
        return SimpleNamespace(tokens=0, low=1, renew_at=0.0, asked=0, left=0, reset_at=0.0)

    def renewed(self, holding: Any, _limit: Any, key: str, cost: int, now: float) -> bool:
        self.spent.append((key, cost))
        if self.at_hand is None:
            return False
        left, reset_s = self.at_hand
        holding.left, holding.reset_at = left + cost, now + reset_s
        return True

    def limit_of(self, counted: Counted) -> Any:
        self.counted.append(counted)
        return next(each for each in self.counted if each == counted)

    def check(self, demands: Sequence[Demand]) -> Verdict:
        self.asked.append(list(demands))
        by_name = {demand.limit.name: demand.limit for demand in demands}
        refused = by_name.get(f"file/{self.refuse}")
        shadowed = tuple(limit for name, limit in by_name.items() if name == f"file/{self.shadow}")
        standings = tuple(Standing(limit, 3 + place, 4.2) for place, limit in enumerate(by_name.values()))
        return Verdict(
            refused is None,
            refused,
            shadowed,
            self.retry_after_s,
            standings,
            self.store_needed and bool(refused),
            self.waited_s,
        )


class Answered:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split(" ")[1])
        self.fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.fixture
def limiter() -> SetLimiter:
    return SetLimiter()


def edge_of(directory: Path, limiter: SetLimiter, rules: str) -> InProcess:
    return InProcess(directory, rules, limiter)


ONE = 'rule a { when any; limit 100 per 1m; respond 200 "in" }'


def ask(edge: InProcess, what: bytes | str = "/", peer: str = "192.0.2.7") -> Answered:
    return Answered(edge.ask(what, peer))


def test_a_request_within_its_limit_passes_and_is_told_what_is_left(tmp_path, limiter):
    answered = ask(edge_of(tmp_path, limiter, ONE))
    assert answered.status == 200
    assert answered.fields["ratelimit-policy"] == '"a#0";q=100;w=60'
    assert answered.fields["ratelimit"] == '"a#0";r=3;t=5'
    assert "retry-after" not in answered.fields


def test_one_limit_with_tokens_at_hand_is_told_the_same_way(tmp_path, limiter):
    edge = edge_of(tmp_path, limiter, ONE)
    limiter.at_hand = (3, 4.2)
    answered = ask(edge)
    assert (answered.status, answered.body) == (200, b"in")
    assert answered.fields["ratelimit-policy"] == '"a#0";q=100;w=60'
    assert answered.fields["ratelimit"] == '"a#0";r=3;t=5'
    assert not limiter.asked
    assert edge.engine.telemetry.limits == {("a#0", "allowed"): 1}
    limiter.at_hand = None
    assert ask(edge).fields["ratelimit"] == '"a#0";r=3;t=5'
    assert len(limiter.asked) == 1


@pytest.mark.parametrize(
    "clauses",
    [
        "limit 100 per 1m; limit 5 per 1s;",
        "limit 100 per 1m shadow;",
        'limit 100 per 1m; remove response header "RateLimit";',
    ],
)
def test_whatever_is_more_than_one_plain_limit_is_checked_as_a_whole(tmp_path, limiter, clauses):
    limiter.at_hand = (3, 4.2)
    ask(edge_of(tmp_path, limiter, f'rule a {{ when any; {clauses} respond 200 "in" }}'))
    assert len(limiter.asked) == 1
    assert not limiter.spent


def test_the_key_and_the_cost_of_one_limit_are_spent(tmp_path, limiter):
    limiter.at_hand = (3, 4.2)
    ask(edge_of(tmp_path, limiter, 'rule a { when any; limit 100 per 1m by ip cost 7; respond 200 "in" }'))
    assert limiter.spent == [("192.0.2.7", 7)]


def test_a_request_above_it_is_429_and_says_which_limit_and_when_to_come_back(tmp_path, limiter):
    limiter.refuse = "a#0"
    edge = edge_of(tmp_path, limiter, ONE)
    answered = ask(edge)
    assert answered.status == 429
    wait = int(answered.fields["retry-after"])
    assert limiter.retry_after_s <= wait <= limiter.retry_after_s * (1 + JITTER) + 1
    assert '"a#0";r=3;t=5' in answered.fields["ratelimit"]
    problem = json.loads(answered.body)
    assert problem["code"] == "rate-limited"
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert problem["violated-policies"] == ["a#0"]
    assert problem["detail"] == f"limit a#0 is used up; try again in {wait} s"
    assert edge.log.kept[0].limit == "a#0"
    assert edge.log.kept[0].code == "rate-limited"


def test_clients_of_a_long_window_are_not_sent_away_for_hours_more(tmp_path, limiter):
    limiter.refuse, limiter.retry_after_s = "a#0", 649_691.0
    edge = edge_of(tmp_path, limiter, ONE)
    waits = [int(ask(edge).fields["retry-after"]) for _ in range(20)]
    assert 649_691 <= min(waits) < max(waits) <= 649_691 + MOST_JITTER_S + 1


def test_retry_after_is_never_zero_nor_before_the_time_in_ratelimit(tmp_path, limiter):
    limiter.refuse, limiter.retry_after_s = "a#0", 0.001
    answered = ask(edge_of(tmp_path, limiter, ONE))
    assert answered.fields["retry-after"] == "5"
    limiter.refuse = ""


def test_a_browser_gets_the_page_with_the_same_fields(tmp_path, limiter):
    limiter.refuse = "a#0"
    edge = edge_of(tmp_path, limiter, ONE)
    answered = ask(edge, b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n")
    assert answered.status == 429
    assert answered.fields["content-type"].startswith("text/html")
    assert int(answered.fields["retry-after"]) >= 10


def test_a_closed_limit_that_cannot_be_counted_is_503(tmp_path, limiter):
    limiter.refuse, limiter.store_needed = "a#0", True
    answered = ask(edge_of(tmp_path, limiter, ONE))
    assert answered.status == 503
    problem = json.loads(answered.body)
    assert problem["code"] == "limit-uncounted"
    assert "violated-policies" not in problem
    assert int(answered.fields["retry-after"]) >= 1


def test_a_limit_in_shadow_refuses_nobody_and_is_recorded(tmp_path, limiter):
    limiter.shadow = "a#0"
    edge = edge_of(tmp_path, limiter, ONE.replace("1m", "1m shadow"))
    answered = ask(edge)
    assert answered.status == 200
    assert "ratelimit" not in answered.fields
    assert "ratelimit-policy" not in answered.fields
    assert edge.log.kept[0].shadowed == ("a#0",)
    assert edge.engine.telemetry.limits == {("a#0", "shadow"): 1}


def test_only_a_request_that_waited_for_its_limits_is_counted_as_waiting(tmp_path, limiter):
    edge = edge_of(tmp_path, limiter, ONE)
    ask(edge)
    assert sum(edge.engine.telemetry.phase_seconds["limit"].counts) == 0
    limiter.waited_s = 0.03
    ask(edge)
    limiter.refuse = "a#0"
    ask(edge)
    assert sum(edge.engine.telemetry.phase_seconds["limit"].counts) == 2


def test_every_limit_of_a_rule_is_asked_at_once_with_its_key_and_cost(tmp_path, limiter):
    rules = """
        limit gold { 100 per 1m by header("X-Tenant"); 5 per month }
        rule a { when any; limit gold cost 3; limit 7 per 2s by ip, path cost 2; respond 200 "" }
    """
    edge = edge_of(tmp_path, limiter, rules)
    answered = ask(edge, b"GET /p HTTP/1.1\r\nHost: a\r\nX-Tenant: acme\r\n\r\n", "2001:db8::7")
    assert answered.status == 200
    [asked] = limiter.asked
    assert [(demand.limit.name, demand.key, demand.cost) for demand in asked] == [
        ("file/gold", "=acme", 3),
        ("file/gold##1", "", 3),
        ("file/a#1", "24:2001:0db8:0000:0000::/642:/p", 2),
    ]
    assert answered.fields["ratelimit-policy"] == '"gold";q=100;w=60, "gold##1";q=5, "a#1";q=7;w=2'
    assert answered.fields["ratelimit"] == '"gold";r=3;t=5, "gold##1";r=4;t=5, "a#1";r=5;t=5'


def test_the_outcome_of_each_request_is_counted(tmp_path, limiter):
    edge = edge_of(tmp_path, limiter, 'rule a { when any; limit 1 per 1s; limit 2 per 1m; respond 200 "" }')
    ask(edge)
    limiter.refuse = "a#1"
    ask(edge)
    limiter.store_needed = True
    ask(edge)
    assert edge.engine.telemetry.limits == {
        ("a#0", "allowed"): 1,
        ("a#1", "allowed"): 1,
        ("a#1", "refused"): 1,
        ("a#1", "uncounted"): 1,
    }
    counters = {
        tuple(labels): count
        for frame in edge.engine.telemetry.take()
        for name, labels, count in frame.get("counters", ())
        if name == "weir_limit_total"
    }
    assert counters[("a#1", "refused")] == 1
    assert edge.engine.telemetry.limits == {}


def test_who_is_not_admitted_is_not_counted(tmp_path, limiter):
    edge = edge_of(
        tmp_path, limiter, 'rule a { when any; deny ip "192.0.2.0/24"; limit 1 per 1s; respond 200 "" }'
    )
    answered = ask(edge)
    assert answered.status == 403
    assert limiter.asked == []
    assert "ratelimit" not in answered.fields


def test_a_rule_may_set_or_remove_the_fields_itself(tmp_path, limiter):
    rules = 'rule a {{ when any; limit 1 per 1s; {}; respond 200 "" }}'
    edge = edge_of(tmp_path, limiter, rules.format('remove response header "RateLimit-Policy"'))
    fields = ask(edge).fields
    assert "ratelimit-policy" not in fields
    assert "ratelimit" in fields


def test_a_limit_of_a_group_and_its_rule_counts_once_at_the_higher_cost(tmp_path, limiter):
    rules = """
        limit gold { 100 per 1m }
        rule a { when any; limit gold; limit gold cost 5; respond 200 "" }
    """
    ask(edge_of(tmp_path, limiter, rules))
    assert [demand.cost for demand in limiter.asked[0]] == [5]


def test_clients_are_told_of_a_bounded_number_of_limits(tmp_path, limiter):
    many = "; ".join(f"limit {number} per 1m" for number in range(1, 12))
    answered = ask(edge_of(tmp_path, limiter, f'rule a {{ when any; {many}; respond 200 "" }}'))
    assert len(limiter.asked[0]) == 11
    assert len(re.findall("q=", answered.fields["ratelimit-policy"])) == 8
    assert len(re.findall("r=", answered.fields["ratelimit"])) == 8


def test_a_rule_without_limits_has_no_such_phase(tmp_path, limiter):
    edge = edge_of(tmp_path, limiter, 'rule a { when any; respond 200 "" }')
    assert "ratelimit" not in ask(edge).fields
    assert limiter.asked == []


def test_an_edge_without_anything_that_counts_refuses_the_version(tmp_path):
    with pytest.raises(ValueError, match="nothing counts its limits"):
        InProcess(tmp_path, ONE)
