"""What a caller must be allowed to, as the options ``scope`` and ``tag`` of every method say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from edge.auth.denied import Denied
from weir.models.auth.caller import Caller


class Permission(NamedTuple):
    scopes: tuple[str, ...] = ()
    """All of them are needed."""
    tags: frozenset[str] = frozenset()
    """One of them is, unless there is none."""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Permission:
        """Each option may say several, with spaces between."""
        return cls(tuple(options.get("scope", "").split()), frozenset(options.get("tag", "").split()))

    def check(self, caller: Caller) -> None:
        """Raises Denied."""
        if any(scope not in caller.scopes for scope in self.scopes):
            needed = " ".join(self.scopes)
            raise Denied("insufficient-scope", f"this needs the scope {needed}", scope=needed, caller=caller)
        if self.tags and self.tags.isdisjoint(caller.tags):
            raise Denied("forbidden", "this is for other consumers", caller=caller)
