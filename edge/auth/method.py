"""One kind of credential as one rule asks for it: ``key``, ``token``, ``basic``, ``hmac``.

Each stands in ``edge/auth/methods/`` with a ``compile(requirement, services)`` that ``edge/auth/requirement.py`` lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge.auth.denied import Denied
    from edge.exchange import Exchange
    from weir.models.auth.caller import Caller


class Method(Protocol):
    """Made once for each distinct ``require``; never changed by requests."""

    @property
    def name(self) -> str:
        """As rules write it."""

    @property
    def of_head(self) -> bool:
        """What ``verify`` finds depends on nothing of the request but header fields and the parameter ``query``: not on
        method, path, body or address. Then it may be remembered with a head that comes again byte for byte, for up to
        a second, until ``AuthServices.changed`` or the caller's ``expires_ms``."""

    @property
    def query(self) -> str:
        """The query parameter that may carry the credential; empty: none."""

    def shown(self, exchange: Exchange) -> str | None:
        """The credential of this kind that the request carries; None: none. Cheap, asks nobody.

        Raises Denied where there is more than one.
        """

    def verify(self, exchange: Exchange, shown: str) -> Caller:
        """Who shows it. Raises Denied. May block this greenlet, for about a second at most."""

    def challenge(self, denied: Denied | None) -> tuple[bytes, ...]:
        """Values of WWW-Authenticate; ``denied``: what this method said, if it is the one that decided."""

    def hide(self, exchange: Exchange, *, proven: bool) -> None:
        """Takes every credential of this kind out of what the upstream gets (``exchange.fields``, ``query_string``),
        unless the rule keeps it and this method decided (``proven``): nobody has looked at the others, and an upstream
        may take what it gets for looked at. Called for all methods of the rule once one has passed. Lists are
        replaced, never changed: others share them."""
