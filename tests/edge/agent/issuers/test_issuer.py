"""One issuer over time."""

from __future__ import annotations

import pytest

from edge.agent.issuers.issuer import (
    ASKED_EVERY_S,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    REFRESH_S,
    STALE_S,
    ForeignIssuer,
    Terms,
)
from weir.models.auth.records import Issuer as Record

URL = "https://id.test"
KEYS = {"keys": [{"kty": "EC"}]}
WALL = 1_000_000_000.0


@pytest.fixture
def one() -> ForeignIssuer:
    return ForeignIssuer(Terms(URL), 100.0)


def test_it_is_looked_at_at_once_and_then_every_ten_minutes_more_or_less(one: ForeignIssuer) -> None:
    assert one.due == 100.0
    for chance, due in ((0.0, 0.9), (0.5, 1.0), (1.0, 1.1)):
        one.succeeded(KEYS, 100.0, WALL, chance)
        assert one.due == pytest.approx(100.0 + REFRESH_S * due)


def test_only_what_differs_is_told(one: ForeignIssuer) -> None:
    assert one.succeeded(KEYS, 100.0, WALL, 0.5)
    assert not one.succeeded(dict(KEYS), 200.0, WALL, 0.5)
    assert one.failed("away", 300.0, 0.5)
    assert not one.failed("away", 301.0, 0.5)
    assert one.succeeded(KEYS, 400.0, WALL, 0.5)


def test_failures_space_the_trials_and_leave_the_keys(one: ForeignIssuer) -> None:
    one.succeeded(KEYS, 0.0, WALL, 0.5)
    pauses = []
    for _ in range(10):
        one.failed("away", 0.0, 1.0)
        pauses.append(one.due)
    assert pauses[:3] == [FIRST_PAUSE_S, FIRST_PAUSE_S * 2, FIRST_PAUSE_S * 4]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert one.word()["jwks"] == KEYS
    assert one.word()["problem"] == "away"


def test_keys_are_given_up_after_a_day(one: ForeignIssuer) -> None:
    one.succeeded(KEYS, 0.0, WALL, 0.5)
    assert not one.outdated(1.0, WALL + STALE_S - 1)
    assert one.outdated(1.0, WALL + STALE_S)
    assert one.word()["jwks"] is None
    assert one.due == 1.0
    assert not one.outdated(2.0, WALL + STALE_S)


def test_what_the_disk_has_counts_unless_it_is_too_old(one: ForeignIssuer) -> None:
    one.restore(KEYS, WALL - STALE_S, WALL)
    assert one.jwks is None
    one.restore(KEYS, WALL - STALE_S + 1, WALL)
    assert one.jwks == KEYS
    one.restore(KEYS, WALL + 500, WALL)
    assert one.fetched_s == WALL
    assert one.due == 100.0


def test_other_terms_are_told_and_keys_of_another_place_are_dropped(one: ForeignIssuer) -> None:
    one.succeeded(KEYS, 0.0, WALL, 0.5)
    assert not one.change(Terms(URL), 5.0)
    assert one.change(Terms(URL, scope_claim="scp"), 5.0)
    assert one.jwks == KEYS
    assert one.change(Terms(URL, "https://id.test/keys"), 5.0)
    assert (one.jwks, one.due) == (None, 5.0)


def test_of_a_disabled_issuer_no_keys_are_told(one: ForeignIssuer) -> None:
    one.succeeded(KEYS, 0.0, WALL, 0.5)
    one.change(Terms(URL, enabled=False), 1.0)
    assert (one.word()["jwks"], one.word()["enabled"]) == (None, False)


def test_for_unknown_keys_it_is_asked_at_most_twice_a_minute(one: ForeignIssuer) -> None:
    assert [one.may_be_asked(now) for now in (100.0, 100.0, 100.0 + ASKED_EVERY_S - 0.1)] == [
        True,
        False,
        False,
    ]
    assert one.may_be_asked(100.0 + ASKED_EVERY_S)


def test_terms_are_those_of_the_record() -> None:
    record = Record(
        name="x", url=URL, jwks_uri="https://k.test", algorithms=("RS256",), consumer_claim="azp", scope_claim="scp",
        disabled=True, created_ms=0,
    )  # fmt: skip
    assert Terms.of(record) == Terms(URL, "https://k.test", ("RS256",), "azp", "scp", enabled=False)
