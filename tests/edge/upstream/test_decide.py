"""What follows a failed attempt: a table."""

from __future__ import annotations

import pytest

from edge.upstream.decide import Again, GiveUp, decide, speaks_of_target
from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError


class Request:
    def __init__(self, method: str, replayable: bool = True) -> None:
        self.method = method
        self.replayable = replayable


def stale(
    stage: Stage = Stage.HEAD, sent: Sent = Sent.ALL, cause: Cause = Cause.BROKEN, **more
) -> UpstreamError:
    return UpstreamError(cause, "closed", stage=stage, sent=sent, **{"reused": True, **more})


@pytest.mark.parametrize(
    ("error", "request_", "attempt", "again"),
    [
        (stale(), Request("GET"), 0, True),
        (stale(Stage.SEND, Sent.SOME), Request("PUT"), 0, True),
        (stale(Stage.SEND, Sent.NOTHING), Request("POST"), 0, True),
        (stale(), Request("POST"), 0, False),
        (stale(), Request("PATCH"), 0, False),
        (stale(), Request("GET", replayable=False), 0, False),
        (stale(), Request("GET"), 1, False),
        (stale(reused=False), Request("GET"), 0, False),
        (stale(Stage.BODY), Request("GET"), 0, False),
        (stale(cause=Cause.TIMEOUT), Request("GET"), 0, False),
        (stale(cause=Cause.MALFORMED), Request("GET"), 0, False),
        (stale(Stage.CONNECT, Sent.NOTHING, Cause.UNREACHABLE, reused=False), Request("GET"), 0, False),
        (stale(side=Side.DOWNSTREAM), Request("GET"), 0, False),
    ],
)
def test_only_a_stale_connection_is_replaced(
    error: UpstreamError, request_: Request, attempt: int, again: bool
) -> None:
    decision = decide(error, request_, attempt, None)
    if again:
        assert decision == Again(fresh=True)
    else:
        assert isinstance(decision, GiveUp)
        assert decision.reason


@pytest.mark.parametrize(
    ("error", "speaks"),
    [
        (stale(reused=False), True),
        (stale(cause=Cause.TIMEOUT), True),
        (stale(Stage.BODY), True),
        (stale(Stage.CONNECT, Sent.NOTHING, Cause.CONNECT_TIMEOUT, reused=False), True),
        (stale(Stage.CONNECT, Sent.NOTHING, Cause.TIMEOUT, reused=False), False),
        (stale(), False),
        (stale(side=Side.DOWNSTREAM), False),
    ],
)
def test_only_what_a_target_did_badly_counts_against_it(error: UpstreamError, speaks: bool) -> None:
    assert speaks_of_target(error) is speaks
