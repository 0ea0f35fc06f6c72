"""What the end of an attempt says about its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.http.head import ResponseHead
from edge.retry.pushback import pushback_of
from edge.upstream.decide import speaks_of_target
from edge.upstream.errors import Cause, UpstreamError
from edge.upstream.health import Health
from edge.upstream.health_policy import FAILURES

if TYPE_CHECKING:
    from edge.upstream.target import Target


def note_answer(health: Health[Target], target: Target, head: ResponseHead | None, now: float) -> None:
    """Runs for every request. A 503 may say for how long the target wants to be left alone."""
    if head is None or head.status not in FAILURES:
        health.succeeded(target)
    else:
        wait_s = pushback_of(head.fields).after_s if head.status == 503 else None
        health.failed(target, now, wait_s)


def note_error(health: Health[Target], target: Target, error: UpstreamError, now: float) -> None:
    """Whom nobody reaches, who breaks off or is silent for too long; not who speaks another protocol."""
    if speaks_of_target(error) and error.cause is not Cause.MALFORMED:
        health.failed(target, now)


def with_health(detail: str, health: Health[Target] | None) -> str:
    """``detail`` of a refusal, and that most targets are unhealthy if they are."""
    sentence = "" if health is None else health.sentence()
    return f"{detail}; {sentence}" if sentence else detail
