"""gevent's patch of the standard library, without its search for plug-ins.

gevent looks through the metadata of every installed package 25 times while it patches, for plug-ins that want to know
of it; that is longer than everything else a process does until it serves, and gunicorn's worker patches once more.
Weir has no such plug-ins. Who subscribed to gevent's events in the process is still told.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

from gevent import events, monkey


def patch_all() -> None:
    """Before anything else is imported. For the rest of the process gevent looks for no plug-ins."""
    untyped: Any = events
    untyped.notify_and_call_entry_points = untyped.notify
    monkey.patch_all()


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Around the imports of a process: what they make stays, so no garbage collection looks at it, then or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
