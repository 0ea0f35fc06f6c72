"""Whose fault it is that the time for an attempt ended. Only a target that had its time was too slow.

``timeout total`` may end an attempt that began late, after others or after a wait for a place, and one whose body came
slowly: what the client was awaited for is no time of the target's.
"""

from __future__ import annotations

import time

from edge.exchange import Exchange
from edge.forwarding.upload import Upload
from edge.upstream.errors import Cause, Side, UpstreamError
from edge.versions.plan import Share

ENOUGH = 0.9
"""Of the time that an attempt may take, or of all the time if that is less: something is done before the first one."""


def judge_wait(
    exchange: Exchange, share: Share, upload: Upload | None, times: tuple[float, float], error: UpstreamError
) -> None:
    """Of an attempt that failed. ``times``: monotonic seconds of its start and of the end of everything."""
    started, until = times
    if upload is not None:
        upload.excuse(error)
        if exchange.served is None:
            exchange.awaited_s = upload.awaited_s
    now = time.monotonic()
    if error.cause is not Cause.TIMEOUT or error.side is not Side.UPSTREAM or now < until:
        return
    if not had_its_time(now - started - exchange.awaited_s, share.try_s, share.total_s):
        error.side = Side.NOBODY


def judge_connecting(share: Share, connect_s: float, error: UpstreamError) -> None:
    """``connect_s``: how long it was allowed to take."""
    if error.cause is Cause.CONNECT_TIMEOUT and not had_its_time(connect_s, share.connect_s, share.total_s):
        error.side = Side.NOBODY


def had_its_time(had_s: float, allowed_s: float, total_s: float | None) -> bool:
    """``allowed_s``: by the rule; ``total_s``: the whole request, None without an end."""
    return had_s >= ENOUGH * (allowed_s if total_s is None else min(allowed_s, total_s))
