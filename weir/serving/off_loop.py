"""Work that takes long, off the event loop: other requests, and streams of events, go on meanwhile.

A native thread of gevent's pool; what runs there is pure (parsing, checks, tables) and touches nothing of gevent's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import gevent

T = TypeVar("T")

SMALL = 200
"""Definitions, up to which a thread costs more than it saves."""
SMALL_TEXT = 20_000
"""Characters."""


def off_loop(work: Callable[[], T], *, is_small: bool = False) -> T:
    """What ``work`` returns or raises."""
    if is_small:
        return work()
    result: T | _Failed = gevent.get_hub().threadpool.apply(_caught, (work,))
    if isinstance(result, _Failed):
        raise result.error
    return result


class _Failed(NamedTuple):
    """An exception as a value: gevent would print its traceback although somebody handles it."""

    error: Exception


def _caught(work: Callable[[], T]) -> T | _Failed:
    try:
        return work()
    except Exception as error:
        return _Failed(error)
