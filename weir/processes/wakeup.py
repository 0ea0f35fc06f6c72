"""Signals as something to wait for, next to a timeout: one ``select`` instead of a loop that looks often.

The kernel's signal is written to a socket by Python's C handler (``signal.set_wakeup_fd``), so none is lost between
looking and waiting, and no code runs inside a handler.
"""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import Any


class Wakeup:
    """While it is entered, the given signals are collected; main thread only."""

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> Wakeup:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._descriptor_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in self._signals:
            self._before[number] = signal.signal(number, _collected_elsewhere)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            # None: the handler was not installed from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._descriptor_before)
        self._reader.close()
        self._writer.close()

    def wait(self, timeout_s: float | None) -> list[signal.Signals]:
        """The signals that came, in order; empty after ``timeout_s`` seconds without one (None: wait for one)."""
        readable, _, _ = select.select([self._reader], [], [], timeout_s)
        if not readable:
            return []
        wanted = set(self._signals)
        return [signal.Signals(number) for number in self._reader.recv(4096) if number in wanted]


def _collected_elsewhere(number: int, frame: FrameType | None) -> None:
    """The signal's number is already in the socket."""
