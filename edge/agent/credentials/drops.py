"""How new a read must be to be believed. Pure and bounded.

A read tells the change of the feed that it saw last. If something was dropped by a later change while the read was
under way, what was read is from before, and is worth nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

MOST = 4096
"""Names remembered one by one; below the oldest that was forgotten everything counts as dropped."""


class Drops:
    """``needed`` is the least change that a read must have seen."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._floor = 0
        self._of_name: OrderedDict[str, int] = OrderedDict()

    def note(self, names: Iterable[str], seq: int) -> None:
        """Changed by ``seq`` or before."""
        for name in names:
            self._of_name.pop(name, None)
            self._of_name[name] = seq
            if len(self._of_name) > self._most:
                _, forgotten = self._of_name.popitem(last=False)
                self._floor = max(self._floor, forgotten)

    def note_all(self, seq: int) -> None:
        """Anything may have changed by then. ``seq`` may be lower than before: another store."""
        self._floor = seq
        self._of_name.clear()

    def needed(self, names: Iterable[str]) -> int:
        """Of something that is known by all of these: its own name, and whose it is."""
        return max(self._floor, *(self._of_name.get(name, 0) for name in names))
