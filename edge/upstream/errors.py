"""What went wrong with an attempt, in the words that decide whether another one is safe."""

from __future__ import annotations

from enum import Enum


class Stage(Enum):
    """How far the attempt had come."""

    CONNECT = "connect"
    SEND = "send"
    HEAD = "head"
    BODY = "body"


class Side(Enum):
    """Whose fault it is."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    NOBODY = "nobody"
    """The time for the whole request ended before this attempt had had its own."""


class Sent(Enum):
    """How much of the request had left this machine."""

    NOTHING = "nothing"
    SOME = "some"
    ALL = "all"


class Cause(Enum):
    """What happened; its value is the code of the answer (``edge/answers.py``)."""

    UNREACHABLE = "upstream-unreachable"
    BROKEN = "upstream-broken"
    MALFORMED = "upstream-malformed"
    CONNECT_TIMEOUT = "upstream-connect-timeout"
    TIMEOUT = "upstream-timeout"
    NO_TARGET = "no-target"


class UpstreamError(Exception):
    """An attempt failed. ``reused``: over a connection that had served before and may have been closed since."""

    def __init__(
        self,
        cause: Cause,
        detail: str,
        *,
        stage: Stage,
        sent: Sent,
        side: Side = Side.UPSTREAM,
        reused: bool = False,
    ) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail
        self.stage = stage
        self.sent = sent
        self.side = side
        self.reused = reused


class ClientGone(Exception):
    """The client closed while its exchange was under way."""
