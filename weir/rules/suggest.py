"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

_LONGEST = 64
_MOST = 500
_FAR = 2


def closest(word: str, words: Collection[str]) -> str:
    """The most alike of ``words``, quoted; empty if none is.

    Bounded: long words are not compared, and of many words only those of the same first letter and about the same
    length, the first 500 of them.
    """
    if not word or len(word) > _LONGEST:
        return ""
    word = word.lower()
    known = [known for known in words if len(known) <= _LONGEST]
    if len(known) > _MOST:
        known = list(islice((other for other in known if _near(word, other)), _MOST))
    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return f'"{found[0]}"' if found else ""


def _near(word: str, other: str) -> bool:
    return other[:1].lower() == word[0] and abs(len(other) - len(word)) <= _FAR
