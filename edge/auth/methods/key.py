"""``require key``: an API key, from ``Authorization: Bearer weir_…``, ``X-API-Key`` (or the header that the rule names)
and, where the rule names one, a query parameter."""

from __future__ import annotations

import time
from hmac import compare_digest
from typing import TYPE_CHECKING, TypeAlias

from edge.auth.challenges import bearer_challenge
from edge.auth.denied import Denied
from edge.auth.permission import Permission
from edge.auth.shown import (
    AUTHORIZATION,
    KEY_PREFIX,
    bearer,
    hide_field,
    query_values,
    values_of,
    without_query,
)
from edge.auth.verifiers import Unavailable
from weir.models.auth.caller import Caller
from weir.models.auth.secret_text import hash_of, read_secret
from weir.models.values import Requirement

if TYPE_CHECKING:
    from edge.auth.services import AuthServices
    from edge.exchange import Exchange
    from weir.models.auth.verifier import Verifier

HEADER = "X-API-Key"
"""Where a rule names none."""
MAX_PROVEN = 4096
"""Keys whose hash need not be made again; at the bound all are forgotten."""
_NOBODYS = "0" * 64
"""Compared with where there is no key of that id, so that this takes as long."""


Proven: TypeAlias = "tuple[Verifier, Caller]"


class KeyMethod:
    """Of all rules with the same options."""

    name = "key"
    of_head = True

    def __init__(self, requirement: Requirement, services: AuthServices) -> None:
        options = requirement.options
        self._header = options.get("header", HEADER).lower().encode("ascii")
        self.query = options.get("query", "")
        self._keep = options.get("keep") == "yes"
        self._permission = Permission.of(options)
        self._services = services
        self._proven: dict[str, Proven] = {}
        """Texts of keys that were right; good as long as the verifier is the one that is known."""

    def shown(self, exchange: Exchange) -> str | None:
        """Raises Denied for two different ones, and for a field or parameter that comes twice."""
        named, bearers = values_of(exchange, self._header), _bearer_keys(exchange)
        queried = query_values(exchange.query_string, self.query) if self.query else []
        keys = named + bearers + queried
        if not keys:
            return None
        if len(keys) > 1 and (len(set(keys)) > 1 or len(named) > 1 or len(queried) > 1):
            raise Denied("credential-invalid", "the request has more than one API key")
        return keys[0]

    def verify(self, exchange: Exchange, shown: str) -> Caller:
        """Asks the agent for a key that this worker does not know yet. Raises Denied."""
        proven = self._proven.get(shown)
        if proven is None or self._find(exchange, proven[0].id) is not proven[0]:
            proven = self._prove(exchange, shown)
        verifier, caller = proven
        if not verifier.enabled:
            raise Denied("credential-invalid", "the API key is disabled", caller=caller)
        if verifier.expires_ms and verifier.expires_ms <= time.time() * 1000:
            raise Denied("credential-expired", "the API key has expired", caller=caller)
        self._permission.check(caller)
        return caller

    def challenge(self, denied: Denied | None) -> tuple[bytes, ...]:
        """A key is a bearer token too."""
        return bearer_challenge(denied)

    def hide(self, exchange: Exchange, *, proven: bool) -> None:
        if self._keep and proven:
            return
        hide_field(exchange, self._header)
        if any(name == AUTHORIZATION for name, _, _ in exchange.fields) and _bearer_keys(exchange):
            hide_field(exchange, AUTHORIZATION)
        if self.query and exchange.query_string:
            exchange.query_string = without_query(exchange.query_string, self.query)

    def _prove(self, exchange: Exchange, shown: str) -> Proven:
        """Raises Denied where ``shown`` is no key, or none that exists."""
        secret = read_secret("weir", shown)
        if secret is None:
            raise Denied("credential-invalid", "this is no API key, or it is mistyped or cut")
        verifier = self._find(exchange, secret.id)
        is_right = compare_digest(hash_of(shown), _NOBODYS if verifier is None else verifier.secret)
        if verifier is None or not is_right:
            if verifier is not None:
                self._services.throttle.failed(exchange)
            raise Denied("credential-invalid", "there is no such API key")
        if len(self._proven) >= MAX_PROVEN:
            self._proven.clear()
        proven = self._proven[shown] = verifier, _caller(verifier)
        return proven

    def _find(self, exchange: Exchange, id: str) -> Verifier | None:  # noqa: A002
        try:
            return self._services.look_up(exchange, "key", id)
        except Unavailable:
            raise Denied("credentials-unavailable", "API keys cannot be looked up now") from None


def _caller(verifier: Verifier) -> Caller:
    return Caller(
        method="key",
        credential=verifier.id,
        consumer=verifier.consumer,
        tags=verifier.tags,
        scopes=verifier.scopes,
        expires_ms=verifier.expires_ms,
        verifier=verifier.name,
    )


def _bearer_keys(exchange: Exchange) -> list[str]:
    """One or none. Raises Denied."""
    found = bearer(exchange)
    return [found] if found is not None and found.startswith(KEY_PREFIX) else []


def compile(requirement: Requirement, services: AuthServices) -> KeyMethod:  # noqa: A001
    return KeyMethod(requirement, services)
