"""A canary on a real gateway: it goes on while all is well, and comes back when it is not."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from typing import Any

import pytest

from scripts.admin.canary import NotPossible, judge, proxy_of, steps, together, weights, with_proxy
from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.traffic import Traffic
from weir.models.rule_clauses import Proxy
from weir.models.values import Destination
from weir.rules.parser import parse

pytestmark = pytest.mark.xdist_group("weir-api")
QUICK = ("--steps", "50,100", "--hold", "1", "--every", "0.3", "--requests", "10", "--wait", "60")
LIMITS = argparse.Namespace(requests=50, max_errors=1.0, max_p99=300.0, max_slower=2.0)


def rules(host: str, old: str, new: str, weights: str = "95,5") -> str:
    first, second = weights.split(",")
    return f"""\
language 1

rule {host} {{
    when host == "{host}.test"
    proxy {old} {first}, {new} {second}
}}
"""


def shares(gateway: Gateway, rule: str) -> list[int]:
    return [each.weight for each in proxy_of(gateway.client.config.get().config.document, rule).to]


def test_a_good_canary_gets_everything_step_by_step(
    gateway: Gateway, scripts: Any, service: Callable[[int], str], traffic: Callable[[str], None]
) -> None:
    new = service(200)
    number = gateway.publish(rules("good", service(200), new))
    traffic("good.test")
    ran = scripts.run("canary.py", "good", new, *QUICK)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert shares(gateway, "good") == [0, 100]
    versions = gateway.client.versions.list().items
    assert [version.message for version in versions[:2]] == [
        f"canary: good sends {percent} % to {new}" for percent in (100, 50)
    ]
    assert versions[1].parent == number


def test_a_canary_that_fails_is_taken_back_to_the_version_before(
    gateway: Gateway, scripts: Any, service: Callable[[int], str], traffic: Callable[[str], None]
) -> None:
    bad = service(500)
    gateway.publish(rules("bad", service(200), bad))
    before = gateway.client.config.text().text
    traffic("bad.test")
    ran = scripts.run("canary.py", "bad", bad, *QUICK)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "% errors of the canary" in ran.stdout
    assert gateway.client.config.text().text == before
    assert "rollback of bad" in gateway.client.versions.list().items[0].message


def test_nothing_is_published_on_top_of_what_somebody_else_did(
    gateway: Gateway, scripts: Any, service: Callable[[int], str], traffic: Callable[[str], None]
) -> None:
    new = service(200)
    text = rules("both", service(200), new)
    gateway.publish(text)
    traffic("both.test")
    with scripts.start("canary.py", "both", new, *QUICK[:2], "--hold", "2", *QUICK[4:]) as running:
        wait_until(lambda: shares(gateway, "both") == [50, 50], within_s=WITHIN_S, what="the first step")
        theirs = text + 'rule theirs { when path == "/theirs"; respond 200 "" }\n'
        number = gateway.publish(theirs)
        _, said = running.communicate(timeout=WITHIN_S)
    assert running.returncode == 4
    assert f"published version {number} meanwhile" in said
    assert shares(gateway, "both") == [95, 5]


def test_a_person_who_stops_it_gets_the_version_before(
    gateway: Gateway, scripts: Any, service: Callable[[int], str]
) -> None:
    new = service(200)
    gateway.publish(rules("stop", service(200), new))
    before = gateway.client.config.text().text
    with scripts.start("canary.py", "stop", new, "--steps", "50") as running:
        wait_until(lambda: shares(gateway, "stop") == [50, 50], within_s=WITHIN_S, what="the first step")
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=WITHIN_S)
    assert running.returncode == 130
    assert gateway.client.config.text().text == before


def test_a_rollback_comes_on_top_of_what_somebody_else_did(
    gateway: Gateway, scripts: Any, service: Callable[[int], str]
) -> None:
    new = service(200)
    text = rules("top", service(200), new)
    gateway.publish(text)
    with scripts.start("canary.py", "top", new, "--steps", "50") as running:
        wait_until(lambda: shares(gateway, "top") == [50, 50], within_s=WITHIN_S, what="the first step")
        theirs = (
            gateway.client.config.text().text + '\nrule theirs { when path == "/theirs"; respond 200 "" }\n'
        )
        gateway.publish(theirs)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=WITHIN_S)
    assert running.returncode == 130
    assert shares(gateway, "top") == [95, 5]
    assert "rule theirs" in gateway.client.config.text().text


@pytest.mark.parametrize(
    "arguments", [("none", "http://x"), ("only", "http://x"), ("only", "http://127.0.0.1:9")]
)
def test_what_cannot_be_shifted_is_refused_before_anything_is_published(
    gateway: Gateway, scripts: Any, arguments: tuple[str, ...]
) -> None:
    number = gateway.publish('rule only { when host == "only.test"; proxy http://127.0.0.1:9 }')
    ran = scripts.run("canary.py", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert gateway.client.config.get().config.number == number


def to(*each: tuple[str, int]) -> tuple[Destination, ...]:
    return tuple(Destination(to=name, weight=weight) for name, weight in each)


@pytest.mark.parametrize(
    ("before", "percent", "after"),
    [
        (to(("a", 95), ("c", 5)), 25, [75, 25]),
        (to(("a", 95), ("c", 5)), 100, [0, 100]),
        (to(("a", 2), ("b", 1), ("c", 0)), 10, [60, 30, 10]),
        (to(("a", 1), ("b", 1), ("d", 1), ("c", 1)), 1, [33, 33, 33, 1]),
        (to(("a", 1), ("b", 1), ("d", 1), ("c", 1)), 2, [33, 33, 32, 2]),
    ],
)
def test_the_others_share_what_is_left_as_they_did(
    before: tuple[Destination, ...], percent: int, after: list[int]
) -> None:
    found = weights(before, "c", percent)
    assert [each.weight for each in found] == after
    assert sum(after) == 100


def test_without_a_weight_of_the_others_it_is_not_known_how_they_share() -> None:
    with pytest.raises(NotPossible, match="no weight"):
        weights(to(("a", 0), ("c", 5)), "c", 50)
    assert [each.weight for each in weights(to(("a", 0), ("c", 5)), "c", 100)] == [0, 100]


def test_only_the_rule_meant_is_changed_also_in_a_group() -> None:
    document = parse(
        'group g { when host == "a"; rule r { when path == "/r"; proxy http://a 1, http://b 1 } }\n'
        "rule r { when any; proxy http://a 1, http://b 1; limit 5 per 1m }\n"
    ).document
    changed = with_proxy(document, "g/r", Proxy(to=to(("http://a", 7), ("http://b", 3))))
    assert [each.weight for each in proxy_of(changed, "g/r").to] == [7, 3]
    assert changed.definitions[1] == document.definitions[1]
    with pytest.raises(NotPossible, match="no rule none"):
        with_proxy(document, "none", Proxy(to=()))


GOOD = Traffic(requests=100, error_ratio=0.0, p99_ms=100.0)


@pytest.mark.parametrize(
    ("canary", "others", "rule", "wrong"),
    [
        (GOOD, [GOOD], GOOD, ""),
        (Traffic(requests=100, error_ratio=0.02), [GOOD], GOOD, "errors of the canary"),
        (GOOD, [GOOD], Traffic(requests=100, error_ratio=0.02), "errors of the rule"),
        (Traffic(requests=100, p99_ms=301.0), [Traffic(requests=100, p99_ms=300.0)], GOOD, "at most 300 ms"),
        (Traffic(requests=100, p99_ms=250.0), [GOOD], GOOD, "of the others 100 ms"),
        (Traffic(requests=4, error_ratio=1.0, p99_ms=9999.0), [GOOD], GOOD, ""),
        (Traffic(requests=100, p99_ms=250.0), [Traffic(requests=4, p99_ms=1.0)], GOOD, ""),
    ],
)
def test_what_was_seen_is_judged(canary: Traffic, others: list[Traffic], rule: Traffic, wrong: str) -> None:
    judged = judge(canary, others, rule, LIMITS)
    assert wrong in judged.wrong
    assert bool(judged.wrong) == bool(wrong)
    assert judged.requests == canary.requests


def test_targets_of_a_destination_are_judged_together() -> None:
    both = together([GOOD, Traffic(requests=300, error_ratio=0.5, p99_ms=7.0)])
    assert (both.requests, both.error_ratio, both.p99_ms) == (400, 0.375, 100.0)
    assert together([]) == Traffic()


@pytest.mark.parametrize("text", ["", "0", "101", "5,5", "50,5", "x", "5,"])
def test_steps_that_do_not_grow_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        steps(text)
