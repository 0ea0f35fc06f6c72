"""What waits to be written to one worker: a version and news in slots that hold the newest, answers in a queue.

A worker that takes nothing costs what fits in here, and its connection.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from gevent.event import Event

from edge.link import frames

MAX_REPLIES = 8192
"""Answers that wait; with one more the connection is given up."""

log = logging.getLogger("weir.agent")


class Outbox:
    """Of one connection, with one reader."""

    def __init__(self) -> None:
        self._version = False
        self._news: dict[tuple[str, str], bytes] = {}
        self._replies: deque[tuple[int, Any]] = deque()
        self._overflow = False
        self._filled = Event()

    def tell_version(self) -> None:
        """The worker is to hear which version is held when its turn comes."""
        self._version = True
        self._filled.set()

    def put_news(self, topic: str, key: str, frame: bytes) -> None:
        """In place of what waits of the same topic and key; ``frame`` is packed."""
        self._news.pop((topic, key), None)
        self._news[topic, key] = frame
        self._filled.set()

    def put_reply(self, number: int, body: Any) -> None:
        """Beyond ``MAX_REPLIES`` the writer ends."""
        self._overflow = self._overflow or len(self._replies) >= MAX_REPLIES
        if not self._overflow:
            self._replies.append((number, body))
        self._filled.set()

    def next_frame(self, version: Callable[[], tuple[str, int]]) -> bytes:
        """Waits for something to write: answers before news before the version. Raises FrameError if too much waits."""
        while True:
            self._filled.wait()
            if self._overflow:
                raise frames.FrameError(f"more than {MAX_REPLIES} answers wait for the worker")
            frame = self._frame(version)
            if not (self._replies or self._news or self._version):
                self._filled.clear()
            if frame is not None:
                return frame

    def _frame(self, version: Callable[[], tuple[str, int]]) -> bytes | None:
        if self._replies:
            return self._packed(
                [self._replies.popleft() for _ in range(min(len(self._replies), frames.MAX_ASKS))]
            )
        if self._news:
            return self._news.pop(next(iter(self._news)))
        if self._version:
            self._version = False
            incarnation, number = version()
            return frames.pack({"kind": "version", "incarnation": incarnation, "number": number})
        return None

    def _packed(self, replies: list[tuple[int, Any]]) -> bytes:
        """As many as fit; an answer that fits in no frame becomes nil."""
        try:
            return frames.pack({"kind": "replies", "items": replies})
        except frames.FrameError as error:
            if len(replies) > 1:
                half = len(replies) // 2
                self._replies.extendleft(reversed(replies[half:]))
                return self._packed(replies[:half])
            log.error("an answer to a worker is dropped: %s", error)
            return frames.pack({"kind": "replies", "items": [(replies[0][0], None)]})
