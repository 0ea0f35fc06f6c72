"""What a worker counted, in frames: whatever the number and the length of names, each has its bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAX_ENTRIES = 500
"""Counters, histograms and gauges of one frame: about a millisecond of whoever makes or reads it."""
MAX_BYTES = 768 * 1024
"""Bytes of one frame: with names as long as they may be, this bound comes before the other."""
ENTRY = 48
"""Bytes of an entry beside its labels, at most."""
BUCKET = 9
"""Bytes of one more number."""


def frames_of(lists: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """One at least. The first says ``anew``: gauges that are not said again are no more. They come first, so that a
    scrape between two frames misses as few as can be."""
    for number, frame in enumerate(
        _parted(dict(sorted(lists.items(), key=lambda item: item[0] != "gauges")))
    ):
        if number == 0:
            frame["anew"] = True
        yield frame


def _parted(lists: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    frame, size, count = _empty(lists), 0, 0
    for name, entries in lists.items():
        for entry in entries:
            cost = _bytes(entry)
            if count and (size + cost > MAX_BYTES or count == MAX_ENTRIES):
                yield frame
                frame, size, count = _empty(lists), 0, 0
            frame[name].append(entry)
            size, count = size + cost, count + 1
    yield frame


def _bytes(entry: list[Any]) -> int:
    labels = sum(len(label.encode()) + 5 for label in entry[1])
    buckets = entry[2]
    return ENTRY + labels + (BUCKET * len(buckets) if isinstance(buckets, list) else 0)


def _empty(lists: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    return {"kind": "counters", **{name: [] for name in lists}}
