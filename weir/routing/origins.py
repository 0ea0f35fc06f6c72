"""Which web origins a rule's ``cors`` allows (RFC 6454 §6.2, the Fetch standard's ``Origin``).

``*`` is everybody; ``https://*.example.com`` exactly one label in front, ``https://**.example.com`` one or more, as in
conditions on ``host``; everything else is compared as it stands, which is what browsers ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

ANY = "*"

_LABEL = re.compile(r"[A-Za-z0-9_-]+")
_LABELS = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_WILDCARDS = (("://**.", _LABELS), ("://*.", _LABEL))


class _Pattern(NamedTuple):
    before: str
    between: re.Pattern[str]
    after: str

    def fits(self, origin: str) -> bool:
        if not (origin.startswith(self.before) and origin.endswith(self.after)):
            return False
        end = len(origin) - len(self.after)
        return end > len(self.before) and bool(self.between.fullmatch(origin, len(self.before), end))


class Origins:
    """``"https://app.example.com" in origins``."""

    __slots__ = ("_exact", "_patterns", "everybody")

    def __init__(self, texts: Iterable[str]) -> None:
        texts = tuple(texts)
        self.everybody = ANY in texts
        patterns = {text: _pattern(text) for text in texts}
        self._patterns = tuple(pattern for pattern in patterns.values() if pattern is not None)
        self._exact = frozenset(text for text, pattern in patterns.items() if pattern is None)

    def __contains__(self, origin: str) -> bool:
        if self.everybody or origin in self._exact:
            return True
        return any(pattern.fits(origin) for pattern in self._patterns)


def _pattern(text: str) -> _Pattern | None:
    for mark, between in _WILDCARDS:
        scheme, found, rest = text.partition(mark)
        if found:
            return _Pattern(f"{scheme}://", between, f".{rest}")
    return None
