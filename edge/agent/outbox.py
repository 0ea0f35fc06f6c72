"""What waits to be written to one worker: a version and news in slots that hold the newest, answers and what is told
once in queues.

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
MAX_TOLD = 1 << 20
"""Bytes of what is told once and waits."""

log = logging.getLogger("weir.agent")


class Outbox:
    """Of one connection, with one reader."""

    def __init__(self) -> None:
        self._version = False
        self._news: dict[tuple[str, str], bytes] = {}
        self._told: deque[tuple[str, bytes]] = deque()
        self._told_bytes = 0
        self._replies: deque[tuple[int, Any]] = deque()
        self._overflow = ""
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

    def put_told(self, topic: str, frame: bytes, instead: bytes | None) -> None:
        """Nothing of it is left out, and it is written in order. Where more than ``MAX_TOLD`` bytes wait, ``instead``
        takes the place of what waits of the topic; without one, or if that is not enough, the writer ends."""
        self._add_told(topic, frame)
        if self._told_bytes > MAX_TOLD and instead is not None:
            self._told = deque(each for each in self._told if each[0] != topic)
            self._told_bytes = sum(len(waiting) for _, waiting in self._told)
            self._add_told(topic, instead)
        if self._told_bytes > MAX_TOLD:
            self._overflow = self._overflow or f"more than {MAX_TOLD} bytes of news wait for the worker"
        self._filled.set()

    def put_reply(self, number: int, body: Any) -> None:
        """Beyond ``MAX_REPLIES`` the writer ends."""
        if len(self._replies) >= MAX_REPLIES:
            self._overflow = self._overflow or f"more than {MAX_REPLIES} answers wait for the worker"
        if not self._overflow:
            self._replies.append((number, body))
        self._filled.set()

    def next_frame(self, version: Callable[[], tuple[str, int]]) -> bytes:
        """Waits for something to write: answers, then news, then what is told once (of a subject that has both, news
        are the whole and what is told the changes), then the version. Raises FrameError if too much waits."""
        while True:
            self._filled.wait()
            if self._overflow:
                raise frames.FrameError(self._overflow)
            frame = self._frame(version)
            if not (self._replies or self._news or self._told or self._version):
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
        if self._told:
            _, frame = self._told.popleft()
            self._told_bytes -= len(frame)
            return frame
        if self._version:
            self._version = False
            incarnation, number = version()
            return frames.pack({"kind": "version", "incarnation": incarnation, "number": number})
        return None

    def _add_told(self, topic: str, frame: bytes) -> None:
        self._told.append((topic, frame))
        self._told_bytes += len(frame)

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
