"""``require token``: an access token in ``Authorization: Bearer``.

A JWT of this cluster's own authorization server or of the issuer that the rule names, verified here (``jwt/``);
of the own one also an opaque token, which is looked up as a key is. Whom a token must be for: where the rule names no
audience, the own issuer itself.
"""

from __future__ import annotations

import time
from hmac import compare_digest
from typing import TYPE_CHECKING

from edge.auth.challenges import bearer_challenge
from edge.auth.denied import Denied
from edge.auth.issuers import NotSure
from edge.auth.jwt import keys
from edge.auth.jwt.bad_token import BadToken, Forged
from edge.auth.jwt.claims import CLOCK_SKEW_S
from edge.auth.permission import Permission
from edge.auth.shown import AUTHORIZATION, KEY_PREFIX, bearer, hide_field
from edge.auth.verifiers import Unavailable
from weir.models.auth.caller import Caller
from weir.models.auth.secret_text import hash_of, read_secret
from weir.models.values import Requirement

if TYPE_CHECKING:
    from edge.auth.issuers import Issuer
    from edge.auth.services import AuthServices
    from edge.auth.tokens import Token
    from edge.exchange import Exchange
    from weir.models.auth.verifier import Verifier, VerifierKind

OPAQUE_PREFIX = "weiro_"
_NOBODYS = "0" * 64
"""Compared with where there is no token of that id, so that this takes as long."""


class TokenMethod:
    """Of all rules with the same options."""

    name = "token"
    of_head = True
    query = ""

    def __init__(self, requirement: Requirement, services: AuthServices) -> None:
        options = requirement.options
        self.issuer_url = options.get("issuer", "")
        """Empty: this cluster's own."""
        self._audiences = frozenset(options.get("audience", "").split())
        """One of them; empty: the issuer itself."""
        self._keep = options.get("keep", "yes") == "yes"
        self._permission = Permission.of(options)
        self._services = services
        services.issuers.named_by(self)
        keys.load()

    def shown(self, exchange: Exchange) -> str | None:
        """Raises Denied for two Authorization fields."""
        found = bearer(exchange)
        return None if found is None or found.startswith(KEY_PREFIX) else found

    def verify(self, exchange: Exchange, shown: str) -> Caller:
        """A token that was seen before costs no signature check. Raises Denied."""
        issuer = self._services.issuers.of(self.issuer_url)
        if issuer is not None and not issuer.enabled:
            raise Denied("credential-invalid", "tokens of this issuer are not accepted now")
        if issuer is None or not issuer.is_known:
            raise Denied("credentials-unavailable", "the keys of the tokens' issuer are not known now")
        if issuer.own and shown.startswith(OPAQUE_PREFIX):
            caller = self._opaque(exchange, shown, issuer)
        else:
            caller = self._signed(exchange, shown, issuer)
        self._permission.check(caller)
        return caller

    def challenge(self, denied: Denied | None) -> tuple[bytes, ...]:
        return bearer_challenge(denied)

    def hide(self, exchange: Exchange, *, proven: bool) -> None:
        if not (self._keep and proven) and self.shown(exchange) is not None:
            hide_field(exchange, AUTHORIZATION)

    def _signed(self, exchange: Exchange, text: str, issuer: Issuer) -> Caller:
        try:
            token = self._services.tokens.known(text, issuer)
            if token is None:
                self._services.throttle.check(exchange)
                token = self._services.tokens.verify(text, issuer)
        except BadToken as error:
            if isinstance(error, Forged):
                self._services.throttle.failed(exchange)
            raise Denied(error.code, str(error)) from None
        except NotSure:
            raise Denied(
                "credentials-unavailable", "the keys of the tokens' issuer are not known now"
            ) from None
        self._check_audience(token.claims.audiences, issuer)
        return self._caller(token)

    def _caller(self, token: Token) -> Caller:
        """With what is asked anew each time: who the client or consumer is now. Raises Denied."""
        claims, issuer = token.claims, token.issuer
        verifier: Verifier | None = None
        if issuer.own:
            verifier = self._client(claims.client)
            self._check_revoked(claims.id, claims.session)
            if claims.issued_s * 1000 < verifier.not_before_ms:
                raise Denied("credential-invalid", "the token has been revoked")
        elif claims.consumer:
            verifier = self._find("consumer", claims.consumer)
            if verifier is None or not verifier.enabled:
                raise Denied("forbidden", "the token's consumer is not known here, or disabled")
        return Caller(
            method=self.name,
            credential=claims.id,
            consumer="" if verifier is None else verifier.consumer,
            tags=() if verifier is None else verifier.tags,
            scopes=claims.scopes,
            subject=claims.subject,
            client=claims.client,
            expires_ms=int((claims.expires_s + CLOCK_SKEW_S) * 1000),
            verifier="" if verifier is None else verifier.name,
        )

    def _opaque(self, exchange: Exchange, text: str, issuer: Issuer) -> Caller:
        """RFC 6749 §1.4: a text that means nothing to whoever has it."""
        secret = read_secret("weiro", text)
        if secret is None:
            raise Denied("credential-invalid", "this is no access token, or it is cut")
        try:
            found = self._services.look_up(exchange, "opaque", secret.id)
        except Unavailable:
            raise _cannot_judge() from None
        is_right = compare_digest(hash_of(text), _NOBODYS if found is None else found.secret)
        if found is None or not is_right:
            if found is not None:
                self._services.throttle.failed(exchange)
            raise Denied("credential-invalid", "there is no such token, or it has expired")
        if found.expires_ms and found.expires_ms <= time.time() * 1000:
            raise Denied("credential-expired", "the token has expired")
        client = self._client(found.client)
        if not found.enabled:
            raise Denied("credential-invalid", "the token has been revoked")
        self._check_revoked(found.id)
        self._check_audience(found.audiences or (issuer.url,), issuer)
        return Caller(
            method=self.name,
            credential=found.id,
            consumer=client.consumer,
            tags=client.tags,
            scopes=found.scopes,
            subject=found.subject,
            client=found.client,
            expires_ms=found.expires_ms,
            verifier=found.name,
        )

    def _check_audience(self, audiences: tuple[str, ...], issuer: Issuer) -> None:
        """RFC 9068 §4: a token for somebody else is none."""
        if (self._audiences or frozenset((issuer.url,))).isdisjoint(audiences):
            raise Denied("credential-invalid", "the token is for somebody else")

    def _check_revoked(self, *values: str) -> None:
        revoked = self._services.revoked
        if not revoked.wait():
            raise Denied("credentials-unavailable", "which tokens were revoked is not known now")
        if any(map(revoked.holds, values)):
            raise Denied("credential-invalid", "the token has been revoked")

    def _client(self, id: str) -> Verifier:  # noqa: A002
        """To whom a token was given. Raises Denied."""
        client = self._find("client", id)
        if client is None or not client.enabled:
            raise Denied("credential-invalid", "the token's client does not exist any more, or is disabled")
        return client

    def _find(self, kind: VerifierKind, id: str) -> Verifier | None:  # noqa: A002
        try:
            return self._services.verifiers.find(kind, id)
        except Unavailable:
            raise _cannot_judge() from None


def _cannot_judge() -> Denied:
    return Denied("credentials-unavailable", "tokens cannot be judged now")


def compile(requirement: Requirement, services: AuthServices) -> TokenMethod:  # noqa: A001
    return TokenMethod(requirement, services)
