"""``require basic``: user name and password (RFC 7617), in UTF-8.

The first time a password is shown its slow hash is made, in a thread (``edge/auth/passwords.py``); then it is known for
some minutes. A user who does not exist costs the same as a wrong password, and is answered in the same words.
"""

from __future__ import annotations

import binascii
import re
import time
from typing import TYPE_CHECKING

from edge.auth.challenges import REALM, quoted
from edge.auth.denied import Denied
from edge.auth.passwords import TooManyWaiting
from edge.auth.permission import Permission
from edge.auth.shown import AUTHORIZATION, authorization, hide_field
from edge.auth.verifiers import Unavailable
from weir.models.auth.caller import Caller
from weir.models.values import Requirement

if TYPE_CHECKING:
    from edge.auth.services import AuthServices
    from edge.exchange import Exchange
    from weir.models.auth.verifier import Verifier

BUSY_S = 1
"""When to come back while too many passwords are being checked."""
MAX_NAME = 128
"""Characters; no longer name exists."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WRONG = "there is no such user, or the password is another one"


class BasicMethod:
    """Of all rules with the same options."""

    name = "basic"
    of_head = True
    query = ""

    def __init__(self, requirement: Requirement, services: AuthServices) -> None:
        options = requirement.options
        realm = quoted(options.get("realm", REALM))
        self._challenge = (f'Basic realm={realm}, charset="UTF-8"'.encode("ascii"),)
        self._keep = options.get("keep") == "yes"
        self._permission = Permission.of(options)
        self._services = services

    def shown(self, exchange: Exchange) -> str | None:
        """What follows ``Basic``. Raises Denied for two of them."""
        found = authorization(exchange)
        return found.value if found is not None and found.scheme == "basic" else None

    def verify(self, exchange: Exchange, shown: str) -> Caller:
        """Asks the agent for a user that this worker does not know yet, and hashes a password that it does not.

        Raises Denied.
        """
        username, password = read_basic(shown)
        verifier = self._find(exchange, username)
        is_right = self._is_right(exchange, username, verifier, password)
        if verifier is None or not is_right:
            raise Denied("credential-invalid", _WRONG)
        caller = Caller(
            method=self.name,
            credential=verifier.id,
            consumer=verifier.consumer,
            tags=verifier.tags,
            scopes=verifier.scopes,
            expires_ms=verifier.expires_ms,
            verifier=verifier.name,
        )
        if not verifier.enabled:
            raise Denied("credential-invalid", "the login is disabled", caller=caller)
        if verifier.expires_ms and verifier.expires_ms <= time.time() * 1000:
            raise Denied("credential-expired", "the login has expired", caller=caller)
        self._permission.check(caller)
        return caller

    def challenge(self, denied: Denied | None) -> tuple[bytes, ...]:
        """The same whatever was wrong: a browser asks for another password. Nothing where more rights are needed."""
        return () if denied is not None and denied.code == "insufficient-scope" else self._challenge

    def hide(self, exchange: Exchange, *, proven: bool) -> None:
        if not (self._keep and proven) and self.shown(exchange) is not None:
            hide_field(exchange, AUTHORIZATION)

    def _find(self, exchange: Exchange, username: str) -> Verifier | None:
        if len(username) > MAX_NAME:
            return None
        verifiers = self._services.verifiers
        if not verifiers.is_known("basic", username):
            self._services.throttle.check(exchange)
        try:
            return verifiers.find("basic", username)
        except Unavailable:
            raise Denied("credentials-unavailable", "logins cannot be looked up now") from None

    def _is_right(self, exchange: Exchange, username: str, verifier: Verifier | None, password: str) -> bool:
        """Only what is hashed counts as a guess: a client that repeats the same wrong password makes no new one."""
        passwords, throttle = self._services.passwords, self._services.throttle
        stored = None if verifier is None else verifier.secret
        known = passwords.known(username, stored, password)
        if known is not None:
            return known
        throttle.check(exchange)
        try:
            is_right = passwords.check(username, stored, password)
        except TooManyWaiting:
            raise Denied(
                "credentials-unavailable", "too many passwords are being checked now", retry_after_s=BUSY_S
            ) from None
        if not is_right:
            throttle.failed(exchange)
        return is_right


def read_basic(shown: str) -> tuple[str, str]:
    """User name and password of what follows ``Basic`` (RFC 7617 §2). Raises Denied.

    The first colon ends the user name. Neither is empty or has control characters.
    """
    try:
        text = binascii.a2b_base64(shown.encode("latin-1"), strict_mode=True).decode("utf-8")
    except ValueError:  # of base64 and of UTF-8
        raise Denied("credential-invalid", "Basic is followed by USER:PASSWORD in UTF-8 and base64") from None
    username, _, password = text.partition(":")
    if not username or not password:
        raise Denied(
            "credential-invalid", "Basic has a user name, a colon and a password, none of them empty"
        )
    if _CONTROLS.search(text):
        raise Denied("credential-invalid", "user name and password have no control characters")
    return username, password


def compile(requirement: Requirement, services: AuthServices) -> BasicMethod:  # noqa: A001
    return BasicMethod(requirement, services)
