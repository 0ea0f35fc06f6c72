"""Who makes a request: an access token in ``Authorization``, else the session cookie, else nobody."""

from __future__ import annotations

import hmac

from flask import Request

from admin_api.access.cookies import cookie_name
from admin_api.access.credentials import CHALLENGE, Credentials
from admin_api.call import ANONYMOUS, Identity
from admin_api.problems import Refusal
from weir.api.sessions import CSRF_HEADER
from weir.models.auth.secret_text import hash_of
from weir.store.access_tokens import AccessToken
from weir.store.sessions import Sessions


class StoreAccess:
    """``dispatch.Access`` over the store."""

    def __init__(self, credentials: Credentials, sessions: Sessions, *, secure: bool) -> None:
        self._credentials = credentials
        self._sessions = sessions
        self._cookie = cookie_name(secure=secure)

    def identify(self, request: Request, address: str, *, changes: bool) -> Identity:
        """Raises ``Refusal``: 401, 429, and 403 where a session does not prove that its own page asks."""
        field = request.headers.get("Authorization")
        if field is not None:
            return by_token(self._credentials.of_call(bearer(field), address))
        secret = request.cookies.get(self._cookie, "")
        if not secret or len(secret) > 256:
            return ANONYMOUS
        return self._by_session(secret, request.headers.get(CSRF_HEADER, "") if changes else None)

    def _by_session(self, secret: str, csrf: str | None) -> Identity:
        """``csrf`` is None where nothing is to be changed."""
        found = self._sessions.use(secret)
        if found is None:
            return ANONYMOUS
        session, token = found
        if csrf is not None and not hmac.compare_digest(csrf.encode(), session.csrf.encode()):
            raise Refusal(
                403,
                "csrf",
                f"A session's call that changes something needs {CSRF_HEADER} as GET /api/v1/session tells it.",
            )
        return Identity(
            token.name, token.role, "session", token.id, session.expires_ms, hash_of(secret), session.csrf
        )


def by_token(token: AccessToken) -> Identity:
    return Identity(token.name, token.role, "token", token.id, token.expires_ms)


def bearer(field: str) -> str:
    """The token of ``Authorization: Bearer …``."""
    scheme, _, text = field.partition(" ")
    if scheme.lower() != "bearer" or len(text) > 256:
        raise Refusal(
            401, "wrong-credential", "Authorization takes an access token: Bearer weirt_…", headers=CHALLENGE
        )
    return text.strip()
