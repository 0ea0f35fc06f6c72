"""``require hmac``: the request is signed (RFC 9421) with a secret that client and gateway share, hmac-sha256.

What must be covered, and how a body is held to what was signed, is in ``edge/auth/signatures/``. Of several signatures
the first one counts whose key is known here and in use; the others belong to somebody else. That the same request is
sent again within its time is not noticed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING

from edge.answers import Refusal
from edge.auth.challenges import REALM, quoted
from edge.auth.denied import Denied, DeniedCode
from edge.auth.permission import Permission
from edge.auth.shown import values_of
from edge.auth.signatures.base import signature_base
from edge.auth.signatures.content import BodyCheck, read_digests
from edge.auth.signatures.declared import (
    BadSignature,
    Expired,
    Guess,
    Signature,
    check_coverage,
    check_time,
    read_signatures,
)
from edge.auth.signatures.keys import SigningKeys
from edge.auth.verifiers import Unavailable
from weir.models.auth.caller import Caller
from weir.models.values import Requirement
from weir.secrets.errors import SecretsError

if TYPE_CHECKING:
    from edge.auth.services import AuthServices
    from edge.exchange import Exchange
    from weir.models.auth.verifier import Verifier

INPUT, VALUE, DIGEST = b"signature-input", b"signature", b"content-digest"

log = logging.getLogger("weir.auth")


class HmacMethod:
    """Of all rules with the same options."""

    name = "hmac"
    of_head = False
    query = ""

    def __init__(
        self, requirement: Requirement, services: AuthServices, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock``: Unix seconds."""
        options = requirement.options
        self._challenge = (
            f'Signature realm={quoted(options.get("realm", REALM))}, algorithm="hmac-sha256", '
            'components="@method @authority @path @query content-digest"'.encode("ascii"),
        )
        self._permission = Permission.of(options)
        self._services = services
        self._keys = SigningKeys(services)
        self._clock = clock

    def shown(self, exchange: Exchange) -> str | None:
        """What ``Signature-Input`` says; empty where there is only a Signature."""
        inputs = values_of(exchange, INPUT)
        return ", ".join(inputs) if inputs or values_of(exchange, VALUE) else None

    def verify(self, exchange: Exchange, shown: str) -> Caller:
        """Asks the agent for a key that this worker does not know yet. The body is held to its digest as it comes.

        Raises Denied.
        """
        try:
            signature, verifier = self._ours(exchange, shown)
            base = signature_base(exchange, signature)
            if not compare_digest(self._digest(verifier, base), signature.value):
                raise Guess("the signature is not one of this request with that key")
            caller = _caller(verifier)
            self._permission.check(caller)
            self._hold_body(exchange, signature)
        except BadSignature as bad:
            if isinstance(bad, Guess):
                self._services.throttle.failed(exchange)
            raise Denied(_code(bad), str(bad)) from None
        return caller

    def challenge(self, denied: Denied | None) -> tuple[bytes, ...]:
        """No registered scheme has message signatures; the name says enough, and the rest what is needed."""
        return () if denied is not None and denied.code == "insufficient-scope" else self._challenge

    def hide(self, exchange: Exchange, *, proven: bool) -> None:
        """Nothing: a signature is no secret, and its upstream may want to look at it too."""

    def _ours(self, exchange: Exchange, shown: str) -> tuple[Signature, Verifier]:
        """The first that counts now and whose key is in use. Raises BadSignature, Denied.

        Those whose keys this worker knows come first: for them nobody is asked, so nothing holds them up.
        """
        values = ", ".join(values_of(exchange, VALUE))
        candidates = read_signatures(shown.encode("latin-1"), values.encode("latin-1"))
        if len(candidates) > 1:
            candidates.sort(key=lambda each: not self._services.verifiers.is_known("hmac", each.key_id))
        problems = []
        for signature in candidates:
            try:
                check_time(signature, self._clock())
                check_coverage(signature, has_body=exchange.head.length != 0)
                return signature, self._find(exchange, signature.key_id)
            except BadSignature as bad:
                problems.append(bad)
        raise problems[0] if problems else BadSignature("there is no signature with hmac-sha256 and a keyid")

    def _find(self, exchange: Exchange, key_id: str) -> Verifier:
        """Raises BadSignature where the key is none that may be used, Denied where that cannot be known."""
        try:
            verifier = self._services.look_up(exchange, "hmac", key_id)
        except Unavailable:
            raise Denied("credentials-unavailable", "keys of signatures cannot be looked up now") from None
        if verifier is None:
            raise BadSignature("there is no key with this keyid")
        if not verifier.enabled:
            raise BadSignature("the key of the signature is disabled")
        if verifier.expires_ms and verifier.expires_ms <= self._clock() * 1000:
            raise Expired("the key of the signature has expired")
        return verifier

    def _digest(self, verifier: Verifier, base: bytes) -> bytes:
        """Raises Denied where the key ring does not open the key."""
        try:
            return self._keys.digest(verifier, base)
        except SecretsError as error:
            log.error("the key of signatures %s cannot be read: %s", verifier.id, error)
            raise Denied("credentials-unavailable", "the key of the signature cannot be read here") from None

    def _hold_body(self, exchange: Exchange, signature: Signature) -> None:
        """What is here of the body is checked now, what is still to come before it goes on. Raises BadSignature."""
        if "content-digest" not in signature.components:
            return
        digests = read_digests(", ".join(values_of(exchange, DIGEST)).encode("latin-1"))
        message = exchange.message
        if message.complete:
            check = BodyCheck(digests, _another_body)
            check.add(b"".join(message.pieces), last=True)
        else:
            exchange.body_check = BodyCheck(digests, lambda: self._cut_off(exchange))

    def _cut_off(self, exchange: Exchange) -> Refusal:
        """In the middle of a request that is on its way."""
        denied = Denied("credential-invalid", str(_another_body()))
        denied.method = self
        asked = exchange.plan.requirements if exchange.plan is not None else None
        challenges = self._challenge if asked is None else asked.challenges(denied)
        return Refusal(
            denied.code, denied.detail, headers=tuple((b"WWW-Authenticate", value) for value in challenges)
        )


def _another_body() -> BadSignature:
    return BadSignature("the body is not the one whose Content-Digest was signed")


def _code(bad: BadSignature) -> DeniedCode:
    return "credential-expired" if isinstance(bad, Expired) else "credential-invalid"


def _caller(verifier: Verifier) -> Caller:
    return Caller(
        method="hmac",
        credential=verifier.id,
        consumer=verifier.consumer,
        tags=verifier.tags,
        scopes=verifier.scopes,
        expires_ms=verifier.expires_ms,
        verifier=verifier.name,
    )


def compile(requirement: Requirement, services: AuthServices) -> HmacMethod:  # noqa: A001
    return HmacMethod(requirement, services)
