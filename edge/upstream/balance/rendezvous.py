"""The policy ``hash``: equal keys go to the same target (rendezvous hashing with weights).

Every target draws a number from the key and its own identity, and the highest, weighed, takes the key. If a target
goes away, only its own keys move, and they spread over the others by weight; if it comes back, it gets the same ones.
All workers and nodes decide alike, as nothing enters but the key, the targets' URLs and the weights. The score
is ``-weight / ln(u)`` with ``u`` between 0 and 1 (Schindelhauer and Schomaker, 2005).
"""

from __future__ import annotations

from collections.abc import Container
from hashlib import blake2b
from math import log

from edge.upstream.balance.candidate import Candidate
from edge.upstream.balance.turn import Turn

_MASK = (1 << 64) - 1
_SCALE = 1.0 / ((1 << 53) + 1)


def rendezvous(turn: Turn[Candidate], key: str, exclude: Container[Candidate]) -> Candidate | None:
    """One pass over the candidates."""
    hashed = hash_of(key)
    best, highest = None, -1.0
    for item, weight in zip(turn.items, turn.weights, strict=True):
        if exclude and item in exclude:
            continue
        reached = score(hashed, item.seed, weight)
        if reached > highest:
            best, highest = item, reached
    return best


def score(key: int, seed: int, weight: float) -> float:
    """Of a target with this seed for this key; both are 64 bits."""
    mixed = mix(key ^ seed)
    return -weight / log(((mixed >> 11) + 1) * _SCALE)


def mix(bits: int) -> int:
    """64 bits to 64 bits, every bit of which depends on every one of the input (the finisher of splitmix64)."""
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


def hash_of(text: str) -> int:
    """64 bits, the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
