"""Further attempts, in words."""

from __future__ import annotations

import pytest

from weir.models.document import Document
from weir.routing.facts import RequestFacts
from weir.routing.retries import retries
from weir.rules.defaults import settings
from weir.rules.parser import parse
from weir.rules.pools import pools
from weir.rules.resolve import environment, routes


def told(text: str, method: str = "GET", *headers: tuple[str, str], budgets: bool = False) -> list[str]:
    document: Document = parse(text).document
    found = routes(document.definitions, environment(document.definitions))
    facts = RequestFacts("a.test", "/", method, headers=list(headers))
    known = pools(document.definitions, found)
    said = list(retries(found[0], facts, known, settings({"file": document.definitions})))
    return [sentence for sentence in said if sentence.startswith("retry budget") == budgets]


def of(clause: str, method: str = "GET", *headers: tuple[str, str]) -> list[str]:
    return told(f"rule a {{ when any; {clause}; proxy http://u }}", method, *headers)


@pytest.mark.parametrize(
    ("clause", "method", "sentence"),
    [
        ("retry 2 on connect, 503", "GET", "up to 2 more attempts after connect, 503"),
        ("retry 1 on timeout", "HEAD", "1 more attempt after timeout"),
        (
            "retry 1 on connect, timeout",
            "PUT",
            (
                "1 more attempt after connect; not after timeout, as PUT may have taken effect and the rule does not"
                " say put_timeout"
            ),
        ),
        ("retry 1 on timeout with put_timeout", "DELETE", "1 more attempt after timeout"),
        (
            "retry 1 on reset, 503",
            "POST",
            "not after reset, 503, as POST may have taken effect and the rule does not say idempotency_key",
        ),
        (
            "retry 1 on connect, 503 with idempotency_key",
            "POST",
            "1 more attempt after connect; not after 503, as POST may have taken effect and has no Idempotency-Key",
        ),
    ],
)
def test_what_is_repeated_and_what_not(clause: str, method: str, sentence: str) -> None:
    assert of(clause, method) == [f"retry: {sentence}"]


def test_a_request_with_a_key_is_repeated() -> None:
    clause = "retry 1 on 503 with idempotency_key"
    assert of(clause, "POST", ("idempotency-key", "7")) == ["retry: 1 more attempt after 503"]


def test_nothing_is_said_where_nothing_is_asked_for() -> None:
    assert of("retry off") == []
    assert of("log on") == []
    assert told("rule a { when any; respond 200 }") == []


def test_each_upstream_has_its_own_word() -> None:
    text = """
    rule a { when any; proxy one, two, three }
    upstream one { target http://u; retry 1 on 503 }
    upstream two { target http://u }
    upstream three { target http://u; retry off }
    """
    assert told(text) == ["retry at one: 1 more attempt after 503"]
    assert told(text + "defaults { retry 2 on connect }") == [
        "retry at one: 1 more attempt after 503",
        "retry at two: up to 2 more attempts after connect",
    ]


DEFAULT = (
    "10% of the traffic, and in the whole cluster no more than a tenth of the day's busiest window, but 100 units at"
    " least, in any 10s; no clause says so, this is the default"
)
OWN = "5% of the traffic, and in the whole cluster no more than 70 units in any 1m"
OF_DEFAULTS = "20% of the traffic, and in the whole cluster no more than 200 units in any 10s"


def test_the_budget_is_the_upstream_s_or_that_of_defaults_or_the_default() -> None:
    text = """
    rule a { when any; retry 1 on 503; proxy one, two }
    upstream one { target http://u; budget 5% max 70 per 1m }
    upstream two { target http://u }
    """
    assert told(text, budgets=True) == [f"retry budget at one: {OWN}", f"retry budget at two: {DEFAULT}"]
    defaults = "defaults { budget 20% max 200 per 10s }"
    assert told(text + defaults, budgets=True)[1] == f"retry budget at two: {OF_DEFAULTS}"
    assert told(text.replace("one, two", "two"), budgets=True) == [f"retry budget: {DEFAULT}"]
    assert told(text.replace("retry 1 on 503;", ""), budgets=True) == []
