"""What agent and workers say to each other about credentials: topics, and the shape of what is said. Pure.

| topic | direction | body |
|---|---|---|
| ``credential`` | asked by a worker | ``{"kind", "id"}``; the answer: ``{"verifier": msgpack or nil, "seq"}``, or nil |
| ``used`` | told by a worker, each minute | ``{"names": {"<kind>:<id>": wall milliseconds of the last use}}`` |
| ``credentials`` | news, also at the start of a connection | ``{"drop": [name, …], "all", "seq"}`` |
| ``credentials-fresh`` | news | ``{"at": monotonic seconds}`` |
| ``revoked`` | news, all parts at the start of a connection | ``{"part", "parts", "values": [[value, end], …]}`` |
| ``revoked`` | news, as it happens | ``{"add": [[value, end], …]}`` |

*An answer.* ``verifier`` nil: there is no such credential. The whole answer nil: it cannot be known now. ``seq`` is the
change of the feed up to which the answer is known to be right.

*A drop* ``name`` concerns what is kept as ``<kind>:<id>``, also that there is no such thing; ``consumer:<name>``
further every verifier of that consumer; ``client:<id>`` further every opaque token of that client. What was answered
with a lower ``seq`` than that of a drop that concerns it is worth nothing. ``all``: forget everything, and take none of
the answers that are under way.

*A connection* begins with ``all``, since drops may have been missed; where the agent has not heard the store yet, that
comes as soon as it has. Until then the worker goes on with what it knows, as long as ``credentials-fresh`` allows.

*Fresh*: everything that agent and worker know was confirmed by the store at that moment.

*Revoked*: ``value`` is a ``jti`` or a ``sid``, ``end`` Unix seconds after which the worker may forget it (when no token
with it can be good any more, tolerance for clocks included). A part replaces what was said of that part before. No part
is told before the agent knows the whole set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

CREDENTIAL = "credential"
USED = "used"
CREDENTIALS = "credentials"
FRESH = "credentials-fresh"
REVOKED = "revoked"

MAX_ID = 512
"""Characters of the id in a question; nothing longer is a credential."""
MAX_USED = 1_000
"""Names in one word on last uses, so that the longest fit into a frame; a worker says as many words as it needs."""
REVOKED_PARTS = 32
"""A value is always in the same part, so that each fits into one frame."""


def drop_word(names: Iterable[str], seq: int) -> dict[str, Any]:
    """These have changed."""
    return {"drop": list(names), "all": False, "seq": seq}


def drop_all_word(seq: int) -> dict[str, Any]:
    """Anything may have changed."""
    return {"drop": [], "all": True, "seq": seq}


def revoked_part_of(value: str) -> int:
    """Where ``value`` belongs."""
    return crc32(value.encode()) % REVOKED_PARTS
