"""Server-sent events (WHATWG HTML, 9.2): a parser without I/O, and the loop that carries on after a break.

Bounds: a line has at most 64 KiB, an event at most 1 MiB; a server that exceeds them is not followed further.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from weir.client.errors import Away, BadAnswer

MAX_LINE = 64 * 1024
MAX_EVENT = 1024 * 1024
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0


class Event(NamedTuple):
    name: str
    data: str
    id: str = ""
    """Of the last event that had one: where to go on from."""


class EventParser:
    """``feed`` it bytes as they come; it gives the events that they complete."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry_s: float | None = None
        self._rest = b""
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Event]:
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").split(b"\n")
        if len(self._rest) > MAX_LINE or any(len(line) > MAX_LINE for line in lines):
            raise BadAnswer(f"the event stream has a line of more than {MAX_LINE} bytes")
        events = (self._line(line.decode("utf-8", "replace")) for line in lines)
        return [event for event in events if event is not None]

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._end()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._size += len(value) + 1
            if self._size > MAX_EVENT:
                raise BadAnswer(f"the event stream has an event of more than {MAX_EVENT} characters")
            self._data.append(value)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self.last_id = value
        elif field == "retry" and value.isdecimal() and len(value) < 9:
            self.retry_s = min(int(value) / 1000, LONGEST_WAIT_S)
        return None

    def _end(self) -> Event | None:
        event = Event(self._name or "message", "\n".join(self._data), self.last_id) if self._data else None
        self._name, self._data, self._size = "", [], 0
        return event


def follow(
    opened: Callable[[str], Iterable[bytes]],
    last_id: str = "",
    *,
    breaks: int = 10,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Events without end. ``opened`` gives the bytes after an event id and raises Away where nobody answers.

    Where nobody answers at first, that is all. A stream that breaks off later is opened again after its last event;
    ``breaks`` times in a row without an event end it with Away. A stream that the server ends cleanly is opened again
    too.
    """
    failures, wait, was_open = 0, FIRST_WAIT_S, False
    while True:
        parser = EventParser(last_id)
        try:
            for data in opened(last_id):
                was_open = True
                for event in parser.feed(data):
                    failures, wait = 0, FIRST_WAIT_S
                    last_id = event.id
                    yield event
        except Away:
            if not was_open or failures >= breaks:
                raise
        failures += 1
        if failures > breaks:
            raise Away("the event stream ends again and again without an event")
        last_id = parser.last_id
        sleep(max(wait, parser.retry_s or 0.0))
        wait = min(wait * 2, LONGEST_WAIT_S)
