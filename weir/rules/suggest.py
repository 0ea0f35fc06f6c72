"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

_LONGEST = 64
_MOST = 5_000


def closest(word: str, words: Collection[str]) -> str:
    """The most alike of ``words``, quoted; empty if none is. Bounded: long words and long lists are not compared."""
    if len(word) > _LONGEST or len(words) > _MOST:
        return ""
    found = get_close_matches(
        word.lower(), [known for known in words if len(known) <= _LONGEST], n=1, cutoff=0.6
    )
    return f'"{found[0]}"' if found else ""
