"""What is counted of a rule, a target or a consumer: which number means what. Workers make them, agents and the store
add them up.

A list of ``WIDTH`` numbers: those that ``COUNTS`` names, then the buckets of a histogram of latencies, not cumulated.
"""

from __future__ import annotations

from collections.abc import Iterable

COUNTS = (
    "success", "redirects", "client_errors", "server_errors", "unanswered", "own_errors", "limited", "retries",
    "retries_refused", "bytes_in", "bytes_out", "microseconds",
)  # fmt: skip
"""The first five are all requests (of a target: attempts), each in one of them."""
REQUESTS = 5
SUCCESS, SERVER_ERRORS, UNANSWERED, OWN_ERRORS, LIMITED, RETRIES, RETRIES_REFUSED, BYTES_IN, BYTES_OUT, MICROSECONDS = (
    COUNTS.index(name)
    for name in (
        "success", "server_errors", "unanswered", "own_errors", "limited", "retries", "retries_refused", "bytes_in",
        "bytes_out", "microseconds",
    )
)  # fmt: skip
FIRST_BUCKET = len(COUNTS)
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds of the buckets; one more has what is above."""
WIDTH = len(COUNTS) + len(BOUNDS) + 1

RULE, TARGET, CONSUMER = "r", "t", "c"
"""What the name of an entry begins with: ``r<owner>/<rule>``, ``t<owner>/<upstream> <URL>``, ``c<consumer>``."""
KINDS = RULE + TARGET + CONSUMER
OTHER = "(other)"
"""The rest of the name of what is counted together, where there are too many to be kept apart."""
MAX_NAME = 512
"""Characters of that rest; what is longer is cut."""


CLIENT_GONE = 499
"""Of the edge's own, and nginx's: the client left before it was answered."""


def class_of(status: int) -> int:
    """Which of the first five numbers a status counts in; 0 is no status at all."""
    if status < 100 or status == CLIENT_GONE:
        return UNANSWERED
    return max(SUCCESS, min(status // 100 - 2, UNANSWERED - 1))


def added(sums: list[int], numbers: Iterable[int]) -> None:
    """Adds in place."""
    for place, number in enumerate(numbers):
        if number:
            sums[place] += number


def requests_of(numbers: list[int]) -> int:
    """All of them."""
    return sum(numbers[:REQUESTS])
