"""Which ends of an attempt speak against a target."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from edge.http.head import Field, ResponseHead
from edge.http.names import response_names
from edge.http.response_reader import ResponseReader
from edge.upstream.balance.turn import Turn
from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError
from edge.upstream.health import Health
from edge.upstream.health_outcomes import is_judged_by_its_end, note_answer, note_error, with_health
from edge.upstream.health_policy import Policy


class Named(NamedTuple):
    url: str


ITEMS = [Named("a"), Named("b"), Named("c")]


@pytest.fixture
def health() -> Health[Named]:
    return Health(ITEMS, Turn([(item, 1) for item in ITEMS]), Policy(5, 30.0, 10.0, 0.0))


def head(status: int, *fields: Field) -> ResponseHead:
    found = ResponseHead.__new__(ResponseHead)
    found.status, found.fields = status, list(fields)
    return found


@pytest.mark.parametrize("status", [200, 301, 404, 429, 500, 501])
def test_an_answer_of_the_application_is_good(health: Health[Named], status: int) -> None:
    note_answer(health, ITEMS[0], head(status), 1.0)  # type: ignore[arg-type]
    assert (health.standings[ITEMS[0]].good, health.standings[ITEMS[0]].row) == (1, 0)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_answer_of_a_gateway_is_not(health: Health[Named], status: int) -> None:
    note_answer(health, ITEMS[0], head(status), 1.0)  # type: ignore[arg-type]
    assert (health.standings[ITEMS[0]].good, health.standings[ITEMS[0]].row) == (0, 1)


def test_what_may_still_break_off_is_not_good_yet(health: Health[Named]) -> None:
    note_answer(health, ITEMS[0], head(200), 1.0, is_whole=False)  # type: ignore[arg-type]
    assert health.standings[ITEMS[0]].good == 0
    note_answer(health, ITEMS[0], head(503), 1.0, is_whole=False)  # type: ignore[arg-type]
    assert health.standings[ITEMS[0]].bad == 1


@pytest.mark.parametrize(
    ("answer", "is_judged"),
    [
        (b"200 OK\r\nContent-Length: 3\r\n\r\nab", True),
        (b"200 OK\r\nContent-Length: 3\r\n\r\nabc", False),
        (b"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: Text/Event-Stream\r\n\r\n", False),
        (b"204 No Content\r\n\r\n", False),
        (b"101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", False),
        (b"503 No\r\nContent-Length: 3\r\n\r\nab", False),
        (b"200 ", False),
    ],
)
def test_an_answer_of_which_more_must_come_is_judged_by_its_end(answer: bytes, is_judged: bool) -> None:
    reader = ResponseReader(response_names())
    reader.begin(is_head=False)
    reader.feed(b"HTTP/1.1 " + answer)
    assert is_judged_by_its_end(reader) == is_judged


def test_only_a_503_may_say_when_to_come_back(health: Health[Named]) -> None:
    later = (b"retry-after", b"Retry-After", b"7")
    note_answer(health, ITEMS[0], head(502, later), 1.0)  # type: ignore[arg-type]
    assert not health.out
    note_answer(health, ITEMS[0], head(503, later), 1.0)  # type: ignore[arg-type]
    assert health.out == {ITEMS[0]}


@pytest.mark.parametrize(
    ("cause", "stage", "counts"),
    [
        (Cause.UNREACHABLE, Stage.CONNECT, True),
        (Cause.CONNECT_TIMEOUT, Stage.CONNECT, True),
        (Cause.BROKEN, Stage.HEAD, True),
        (Cause.BROKEN, Stage.BODY, True),
        (Cause.TIMEOUT, Stage.HEAD, True),
        (Cause.TIMEOUT, Stage.CONNECT, False),
        (Cause.MALFORMED, Stage.HEAD, False),
    ],
)
def test_errors_of_the_connection_count(
    health: Health[Named], cause: Cause, stage: Stage, counts: bool
) -> None:
    note_error(health, ITEMS[0], UpstreamError(cause, "", stage=stage, sent=Sent.ALL), 1.0)  # type: ignore[arg-type]
    assert health.standings[ITEMS[0]].bad == int(counts)


def test_what_is_not_the_targets_fault_does_not(health: Health[Named]) -> None:
    stale = UpstreamError(Cause.BROKEN, "", stage=Stage.HEAD, sent=Sent.ALL, reused=True)
    client = UpstreamError(Cause.BROKEN, "", stage=Stage.SEND, sent=Sent.SOME, side=Side.DOWNSTREAM)
    for error in (stale, client):
        note_error(health, ITEMS[0], error, 1.0)  # type: ignore[arg-type]
    assert health.standings[ITEMS[0]].bad == 0


def test_a_refusal_says_so_when_most_targets_are_unhealthy(health: Health[Named]) -> None:
    assert with_health("refused", None) == with_health("refused", health) == "refused"  # type: ignore[arg-type]
    health.hear({}, {"a": 9.0, "b": 9.0}, 1.0)
    assert with_health("refused", health) == "refused; 2 of 3 targets are unhealthy"  # type: ignore[arg-type]
