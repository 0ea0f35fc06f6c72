"""What the end of an attempt says about its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.http.head import ResponseHead
from edge.http.response_reader import ResponseReader
from edge.retry.pushback import pushback_of
from edge.upstream.decide import speaks_of_target
from edge.upstream.errors import Cause, UpstreamError
from edge.upstream.health import Health
from edge.upstream.health_policy import FAILURES

if TYPE_CHECKING:
    from edge.upstream.target import Target

SWITCHING = 101


def note_answer(
    health: Health[Target], target: Target, head: ResponseHead, now: float, *, is_whole: bool = True
) -> None:
    """Runs for every request. A 503 may say for how long the target wants to be left alone.

    Without ``is_whole`` a good answer is not counted yet: its body may still break off.
    """
    if head.status not in FAILURES:
        if is_whole:
            health.succeeded(target)
    else:
        wait_s = pushback_of(head.fields).after_s if head.status == 503 else None
        health.failed(target, now, wait_s)


def is_judged_by_its_end(reader: ResponseReader) -> bool:
    """Whether an answer is good once it came to its end: its body may still break off.

    A tunnel and a stream of events may last for hours. That one began is good; else failures would be in a row between
    which many began.
    """
    head = reader.head
    if reader.complete or head is None:
        return False
    return head.status != SWITCHING and head.status not in FAILURES and not head.is_event_stream


def note_error(health: Health[Target], target: Target, error: UpstreamError, now: float) -> None:
    """Whom nobody reaches, who breaks off or is silent for too long; not who speaks another protocol."""
    if speaks_of_target(error) and error.cause is not Cause.MALFORMED:
        health.failed(target, now)


def with_health(detail: str, health: Health[Target] | None) -> str:
    """``detail`` of a refusal, and that most targets are unhealthy if they are."""
    sentence = "" if health is None else health.sentence()
    return f"{detail}; {sentence}" if sentence else detail
