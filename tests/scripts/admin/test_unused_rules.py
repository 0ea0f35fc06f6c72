"""Rules that nobody hit, as lines."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from scripts.admin.unused_rules import days, line, warnings
from tests.support.wait import wait_until
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S
from weir.api.traffic import UnusedPage, UnusedQuery, UnusedRule

pytestmark = pytest.mark.xdist_group("weir-api")
RULES = """
rule hit { when path == "/hit"; respond 200 "" }
group g { when path under "/g"; rule idle { when path == "/g/idle"; respond 200 "" } }
"""


def test_only_rules_without_a_hit_are_listed(gateway: Gateway, scripts: Any) -> None:
    gateway.publish(RULES)
    wait_until(lambda: gateway.up.get("/hit")[0] == 200, within_s=WITHIN_S, what="the rule")
    wait_until(
        lambda: (
            [each.rule for each in gateway.client.traffic.every_unused(UnusedQuery(owner="api"))]
            == ["g/idle"]
        ),
        within_s=WITHIN_S,
        what="the hit in the store",
    )
    ran = scripts.run("unused_rules.py", "--owner", "api", "--days", "7")
    assert (ran.returncode, ran.stdout) == (1, "api\tg/idle\tnever\n")
    assert "hits are known since" in ran.stderr
    gateway.publish(RULES.splitlines()[1])
    ran = scripts.run("unused_rules.py", "--owner", "api", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["rules"]) == (0, [])


def test_an_api_that_is_away_says_so(scripts: Any) -> None:
    ran = scripts.run("unused_rules.py", "--url", "http://127.0.0.1:9")
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr.startswith("unused_rules: ")


def test_what_is_listed_has_owner_name_and_last_hit() -> None:
    assert line(UnusedRule(owner="api", rule="g/a")) == "api\tg/a\tnever"
    assert line(UnusedRule(owner="file", rule="a", last_hit_ms=60_000)) == "file\ta\t1970-01-01 00:01 UTC"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (UnusedPage(number=1, days=7), ["nothing was counted yet"]),
        (UnusedPage(number=1, days=7, counting_since_ms=1, days_counted=2.5), ["2.5 days"]),
        (UnusedPage(number=1, days=7, counting_since_ms=1, days_counted=7.0), []),
        (UnusedPage(number=1, days=7, counting_since_ms=1, days_counted=9.0, lost=4), ["4 requests"]),
    ],
)
def test_what_makes_the_list_doubtful_is_said(page: UnusedPage, words: list[str]) -> None:
    found = warnings(page)
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


@pytest.mark.parametrize("text", ["0", "401", "x", "-1"])
def test_days_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        days(text)
