"""When credentials were last used, to the minute. Nodes bring it once a minute; no request waits for it.

Best effort: a node that dies loses at most a minute of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.scripts import Value, run_script

MAX_NAMES = 600_000
STEP_MS = 60_000
_BATCH = 1000


class Used:
    """Of one cluster; names are ``<kind>:<id>``, as ``Verifier.name``. Raises StoreAway and StoreError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def note(self, uses: Mapping[str, int]) -> None:
        """Name → wall milliseconds of its last use; an earlier one than is known changes nothing."""
        rest = iter(uses.items())
        while batch := list(islice(rest, _BATCH)):
            flat: list[Value] = [value for pair in batch for value in pair]
            with self._client.session(self._keys.credentials_used()) as session:
                run_script(
                    session,
                    "credentials_used",
                    used=self._keys.credentials_used(),
                    step_ms=STEP_MS,
                    most=MAX_NAMES,
                    uses=flat,
                )

    def of(self, names: Sequence[str]) -> dict[str, int]:
        """Milliseconds of the last use of those that were ever used (and are not forgotten), at most 1000 names."""
        if not names:
            return {}
        found = self._client.call("ZMSCORE", self._keys.credentials_used(), *names)
        return {name: int(at_ms) for name, at_ms in zip(names, found, strict=True) if at_ms is not None}
