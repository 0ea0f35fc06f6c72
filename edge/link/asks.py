"""The worker's questions to the node agent: many greenlets ask, one frame carries what has gathered.

* The agent may be away at any moment: every question ends with None then, at once or after its time.
* Questions, the items of a frame and its bytes are bounded; one more is answered with None at once.
* ``done`` callbacks run in the link's reader and must not block.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import gevent
from gevent.event import AsyncResult, Event

from edge.link import frames

MAX_PENDING = 4096
"""Questions without an answer, and things told that wait to be sent."""
LATER_S = 5.0
"""A question by ``later`` without an answer is given up after that time (up to half as much later)."""

Done = Callable[[Any | None], None]
Take = Callable[[Any], None]

log = logging.getLogger("weir.agent_asks")


class Asks:
    """``AgentLink`` attaches it to each connection; without one everything is answered with None."""

    def __init__(self) -> None:
        self.connected = False
        """Whether the agent is there, as far as is known."""
        self._numbers = count(1)
        self._pending: dict[int, tuple[Done, float]] = {}
        self._out: deque[tuple[int, str, Any]] = deque()
        self._filled = Event()
        self._news: dict[str, Take] = {}
        self._on_attach: list[Callable[[], None]] = []

    def ask(self, topic: str, body: Any, timeout_s: float) -> Any | None:
        """The answer, or None: the agent is away, did not answer in time, or has nothing to say. Blocks this
        greenlet."""
        if not self._may_ask():
            return None
        answer: AsyncResult[Any] = AsyncResult()
        number = self._put(topic, body, answer.set)
        try:
            return answer.get(timeout=timeout_s)
        except gevent.Timeout:
            return None
        finally:
            self._pending.pop(number, None)

    def later(self, topic: str, body: Any, done: Done) -> None:
        """``done`` gets the answer or None, within 1.5 × ``LATER_S``; here and now if it cannot be asked."""
        if self._may_ask():
            self._put(topic, body, done)
        else:
            done(None)

    def tell(self, topic: str, body: Any) -> None:
        """No answer is wanted. Dropped if the agent is away or too much waits to be sent."""
        if self.connected and len(self._out) < MAX_PENDING:
            self._out.append((0, topic, body))
            self._filled.set()

    def on_news(self, topic: str, take: Take) -> None:
        """``take`` gets every piece of news on ``topic`` from now on; one taker for a topic."""
        self._news[topic] = take

    def on_attach(self, take: Callable[[], None]) -> None:
        """``take`` is called at the beginning of each connection, before anything comes on it. It must not block."""
        self._on_attach.append(take)

    # What follows is the link's.

    def attach(self) -> None:
        """A connection stands; ``next_frames`` gives what is to be sent on it."""
        self.connected = True
        for take in self._on_attach:
            take()

    def detach(self) -> None:
        """The connection is gone and every question with it."""
        self.connected = False
        self._out.clear()
        self._filled.clear()
        pending, self._pending = self._pending, {}
        for done, _ in pending.values():
            self._settle(done, None)

    def next_frame(self) -> bytes:
        """Waits until there is something to send; one frame, ready for the socket."""
        while True:
            self._filled.wait()
            frame = self._frame()
            if not self._out:
                self._filled.clear()
            if frame is not None:
                return frame

    def waiting_frames(self) -> Iterator[bytes]:
        """What waits to be sent, without waiting for more."""
        while self._out:
            frame = self._frame()
            if frame is not None:
                yield frame

    def replies(self, items: Any) -> None:
        """Takes one frame of answers. Raises FrameError if it is none."""
        if not isinstance(items, list):
            raise frames.FrameError("replies without items")
        for item in items:
            if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], int):
                raise frames.FrameError("a reply that is no pair of a number and an answer")
            waiting = self._pending.pop(item[0], None)
            if waiting is not None:
                self._settle(waiting[0], item[1])

    def news(self, topic: Any, body: Any) -> None:
        """Takes one piece of news; of a topic that nobody takes it is dropped. Raises FrameError."""
        if not isinstance(topic, str):
            raise frames.FrameError("news without a topic")
        take = self._news.get(topic)
        if take is not None:
            self._settle(take, body)

    def give_up_old(self) -> None:
        """Ends the questions that were asked too long ago; called now and then."""
        before = time.monotonic() - LATER_S
        for number in [number for number, (_, since) in self._pending.items() if since < before]:
            waiting = self._pending.pop(number, None)
            if waiting is not None:
                self._settle(waiting[0], None)

    def _may_ask(self) -> bool:
        return self.connected and len(self._pending) < MAX_PENDING and len(self._out) < MAX_PENDING

    def _put(self, topic: str, body: Any, done: Done) -> int:
        number = next(self._numbers)
        self._pending[number] = (done, time.monotonic())
        self._out.append((number, topic, body))
        self._filled.set()
        return number

    def _frame(self) -> bytes | None:
        """Items that were given up are left out; one that is too large for any frame is answered with None."""
        items: list[tuple[int, str, Any]] = []
        while self._out and len(items) < frames.MAX_ASKS:
            item = self._out.popleft()
            if item[0] == 0 or item[0] in self._pending:
                items.append(item)
        return self._packed(items) if items else None

    def _packed(self, items: list[tuple[int, str, Any]]) -> bytes | None:
        try:
            return frames.pack({"kind": "asks", "items": items})
        except frames.FrameError as error:
            if len(items) > 1:
                half = len(items) // 2
                self._out.extendleft(reversed(items[half:]))
                return self._packed(items[:half])
            log.warning("a question to the node agent is dropped: %s", error)
            waiting = self._pending.pop(items[0][0], None)
            if waiting is not None:
                self._settle(waiting[0], None)
            return None

    def _settle(self, take: Take, body: Any) -> None:
        try:
            take(body)
        except Exception:
            log.exception("what follows a message of the node agent failed")
