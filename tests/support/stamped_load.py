"""A constant load over several nodes and paths, which keeps when each request was sent and when its answer was there.

A decision falls between the two, so those that lie within a window as a whole were decided within it: what is counted
so is never more than what happened, however slow the machine is.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple

from tests.support.raw_client import RawClient, Response

GAP_S = 0.04
RECONNECT = 25
"""Requests of one connection: all workers of a node get some."""


class Asked(NamedTuple):
    """Seconds of the monotonic clock."""

    sent: float
    received: float
    node: int
    path: str
    status: int
    """0: the connection broke."""
    code: str
    """Of the edge's own answer; empty for an upstream's."""


class StampedLoad:
    """``paths`` says how many clients each has at each port; each sends at most ``1 / GAP_S`` requests a second."""

    def __init__(self, ports: Sequence[int], paths: Mapping[str, int]) -> None:
        self.asked: list[Asked] = []
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask_on, args=(node, port, path))
            for node, port in enumerate(ports)
            for path, connections in paths.items()
            for _ in range(connections)
        ]

    def __enter__(self) -> StampedLoad:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def of(self, path: str, since: float = float("-inf"), until: float = float("inf")) -> list[Asked]:
        """Requests whose decision surely fell into that time."""
        return [
            each
            for each in list(self.asked)
            if each.path == path and each.sent >= since and each.received <= until
        ]

    def _ask_on(self, node: int, port: int, path: str) -> None:
        while not self._stopped.is_set():
            sent = time.monotonic()
            try:
                with RawClient(port) as client:
                    for _ in range(RECONNECT):
                        sent = time.monotonic()
                        response = client.get(path)
                        self._keep(
                            Asked(sent, time.monotonic(), node, path, response.status, code_of(response))
                        )
                        if self._stopped.wait(GAP_S):
                            return
            except (OSError, EOFError):
                self._keep(Asked(sent, time.monotonic(), node, path, 0, ""))
                self._stopped.wait(GAP_S)

    def _keep(self, asked: Asked) -> None:
        self.asked.append(asked)


def code_of(response: Response) -> str:
    if (response.header("content-type") or "").startswith("application/problem+json"):
        return str(json.loads(response.body)["code"])
    return ""


def busiest(asked: Sequence[Asked], window_s: float) -> int:
    """The most requests that lie within any window of that length as a whole."""
    ordered = sorted(asked)
    most = 0
    for place, first in enumerate(ordered):
        end, inside = first.sent + window_s, 0
        for each in ordered[place:]:
            if each.sent > end:
                break
            inside += each.received <= end
        most = max(most, inside)
    return most
