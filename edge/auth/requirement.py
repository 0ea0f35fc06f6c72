"""``require``, compiled: its alternatives in order; the first whose credential is shown decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from edge.auth.denied import Denied
from edge.auth.method import Method
from edge.auth.methods import key, token
from edge.auth.shown import AUTHORIZATION
from weir.models.rule_clauses import Require
from weir.models.values import Requirement

if TYPE_CHECKING:
    from edge.auth.services import AuthServices
    from edge.exchange import Exchange
    from weir.models.auth.caller import Caller

Compile = Callable[[Requirement, "AuthServices"], Method]


def _basic(requirement: Requirement, services: AuthServices) -> Method:
    """Imported by the first rule that asks for it, as what it needs takes memory; so is the next."""
    from edge.auth.methods import basic

    return basic.compile(requirement, services)


def _hmac(requirement: Requirement, services: AuthServices) -> Method:
    from edge.auth.methods import hmac

    return hmac.compile(requirement, services)


METHODS: Mapping[str, Compile] = MappingProxyType(
    {"key": key.compile, "token": token.compile, "basic": _basic, "hmac": _hmac}
)
"""What this edge can ask for, beside ``anonymous``."""

Identity = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


class Requirements:
    """What one or many rules ask of a caller."""

    __slots__ = ("__weakref__", "anonymous", "methods", "of_head", "queries")

    def __init__(self, require: Require, services: AuthServices) -> None:
        """Raises ValueError for what this edge cannot ask for."""
        for each in require.any_of:
            if each.method not in METHODS and each.method != "anonymous":
                raise ValueError(f"require {each.method} is not built yet")
        asked = [each for each in require.any_of if each.method != "anonymous"]
        self.methods: tuple[Method, ...] = tuple(METHODS[each.method](each, services) for each in asked)
        self.anonymous = len(asked) < len(require.any_of)
        """Who shows no credential at all may pass."""
        self.of_head = all(method.of_head for method in self.methods)
        self.queries = tuple(method.query for method in self.methods if method.query)
        """Query parameters that may have a credential; no log shows their values."""

    def judge(self, exchange: Exchange) -> Caller | None:
        """Who calls; None: nobody says, and may. Raises Denied. May block as ``Method.verify`` does."""
        for method in self.methods:
            try:
                shown = method.shown(exchange)
                if shown is None:
                    continue
                caller = method.verify(exchange, shown)
            except Denied as denied:
                denied.method = method
                raise
            for each in self.methods:
                each.hide(exchange, proven=each is method)
            return caller
        if self.anonymous and not any(name == AUTHORIZATION for name, _, _ in exchange.head.fields):
            return None
        raise Denied("credential-missing", f"this needs {self.accepted()}")

    def accepted(self) -> str:
        """In words."""
        return " or ".join(_WORDS[method.name] for method in self.methods)

    def challenges(self, denied: Denied) -> tuple[bytes, ...]:
        """Values of WWW-Authenticate: one for each scheme, the word of the method that denied before others."""
        if denied.code == "insufficient-scope":
            return () if denied.method is None else denied.method.challenge(denied)
        if not denied.code.startswith("credential-"):
            return ()
        found: dict[bytes, bytes] = {}
        for method in self.methods:
            decided = method is denied.method
            for value in method.challenge(denied if decided else None):
                scheme = value.partition(b" ")[0].lower()
                if decided or scheme not in found:
                    found[scheme] = value
        return tuple(found.values())


_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "key": "an API key",
        "token": "an access token",
        "basic": "a user name and a password",
        "hmac": "a signature",
    }
)


def identity_of(require: Require) -> Identity:
    """The same for clauses that ask the same."""
    return tuple((each.method, tuple(sorted(each.options.items()))) for each in require.any_of)
