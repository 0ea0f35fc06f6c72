"""What worker and node agent say to each other about limits, as lists of msgpack. Pure; what comes in is checked.

A question is ``[items, returns]``: for each item what ``Item`` has; for each return a sub-lease and tokens of
it that were not spent. The answer has a list for each item. Times are seconds of ``clock``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from weir.routing.limit_keys import MAX_KEY

TOPIC = "limit"
MAX_ITEMS = 64
MAX_RETURNS = 4096
MAX_IDENTITY = 1024
MONTH_MS = 31 * 86_400_000
ANSWER_S = 0.03
"""An agent answers so soon, whatever the store does: with the ways there and back, and whoever else wants the
processor, a request waits for at most 50 ms."""

GRANTED, FULL, OPEN, AWAY = "granted", "full", "open", "away"
"""``full``: the limit is used up. ``open``, ``away``: nobody can tell, and the limit lets all pass, or nothing."""


class Terms(NamedTuple):
    """What a limit says, as far as counting is concerned."""

    identity: str
    """``<owner>/<name>``: the same after a publish."""
    window: str
    """sliding, smooth or calendar."""
    most: int
    per_ms: int
    """0: a month."""
    burst: int
    on_store_failure: str
    max_keys: int

    @property
    def window_s(self) -> float:
        return (self.per_ms or MONTH_MS) / 1000


class Item(NamedTuple):
    """One limit of a request that the worker's tokens do not cover."""

    terms: Terms
    key: str
    need: int
    """Fewer tokens are of no use."""
    want: int
    """With what others in this worker wait for."""
    optional: bool
    """The limit only watches: the others are taken even if this one refuses."""
    demand: float
    """Tokens a second that this worker was lately asked for."""
    beyond: float = 0.0
    """The worker has tokens until then, and wants some that last longer; 0: it has none."""


class Answer(NamedTuple):
    """What the agent says to an item."""

    why: str
    granted: int = 0
    lease: int = 0
    """Named when tokens come back."""
    ends: float = 0.0
    left: int = 0
    """Tokens of the window that nobody holds, an estimate."""
    reset_s: float = 0.0
    wait_s: float = 0.0
    """How long asking again is of no use; for ``open`` how long the answer holds."""
    retry_s: float = 0.0
    """When tokens are expected, for ``Retry-After``."""
    ahead_s: float = 0.0
    """So long before ``ends`` tokens can be had that last longer; 0: only after it."""


def question(items: Sequence[Item], returns: Sequence[tuple[int, int]]) -> list[Any]:
    return [[[list(item.terms), *item[1:]] for item in items], [list(each) for each in returns]]


def read_question(body: Any) -> tuple[list[Item], list[tuple[int, int]]]:
    """Raises ValueError for anything else."""
    try:
        items, returns = body
        if len(items) > MAX_ITEMS or len(returns) > MAX_RETURNS:
            raise ValueError("too many items or returns")
        return [_item(*item) for item in items], [(int(lease), int(tokens)) for lease, tokens in returns]
    except (TypeError, OverflowError) as error:
        raise ValueError("not a question about limits") from error


def read_answers(body: Any, count: int) -> list[Answer] | None:
    """None for anything that is not ``count`` answers."""
    if not isinstance(body, list) or len(body) != count:
        return None
    try:
        return [Answer(*each) for each in body]
    except TypeError:
        return None


def _item(terms: Any, key: Any, need: Any, want: Any, optional: Any, demand: Any, beyond: Any) -> Item:
    read = Terms(*terms)
    texts = (read.identity, read.window, read.on_store_failure, key)
    numbers = (read.most, read.per_ms, read.burst, read.max_keys, need, want)
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
        raise ValueError("terms of other types")
    if read.window not in ("sliding", "smooth", "calendar") or min(read.most, need) < 1 or read.per_ms < 0:
        raise ValueError("terms out of range")
    if len(key) > MAX_KEY or len(read.identity) > MAX_IDENTITY:
        raise ValueError("too long a key or identity")
    if read.per_ms == 0 and read.window != "calendar":
        raise ValueError("only a calendar limit may count by the month")
    return Item(
        read, key, need, max(need, want), optional is True, max(0.0, float(demand)), max(0.0, float(beyond))
    )
