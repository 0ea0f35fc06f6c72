"""Who the client of a request is: proven in the one way that it is registered for, and in no weaker one.

A right secret is never refused for what others tried (with 256 bits it is not the count that protects it); wrong ones
are counted by client and by address, over all processes, and answered 429 when they are too many.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from math import ceil
from typing import NoReturn

from auth.clients.assertion import BadAssertion, client_of, read_assertion
from auth.clients.shown import Shown, shown_by
from auth.errors import NotNowError, TooManyFailuresError, UnknownClientError
from weir.models.auth.records import Consumer, OAuthClient
from weir.models.auth.secret_text import hash_of
from weir.store.connect import Client as StoreClient
from weir.store.keys import Keys
from weir.store.login_throttle import counted_as
from weir.store.oauth.assertions import Assertions
from weir.store.records import Records
from weir.store.scripts import run_script

WINDOW_MS = 60_000
MOST_OF_ADDRESS = 30
MOST_OF_CLIENT = 30
"""Failures in a minute, then 429."""
AUTHENTICATING = ("token", "introspect", "revoke", "device")
"""Endpoints whose addresses an assertion may be for; that of the server is better (RFC 7523 §3)."""
_NOBODY = hash_of("")
"""Compared with where there is nothing to compare with."""


class ClientAuthentication:
    """Raises OAuth2Error, StoreAway and StoreError."""

    def __init__(
        self,
        clients: Records[OAuthClient],
        consumers: Records[Consumer],
        assertions: Assertions,
        store: StoreClient,
        keys: Keys,
        issuer: str,
    ) -> None:
        self._clients = clients
        self._consumers = consumers
        self._assertions = assertions
        self._store = store
        self._keys = keys
        self._audiences = (issuer, *(f"{issuer}/oauth2/{name}" for name in AUTHENTICATING))

    def authenticate(
        self, authorization: str, form: Mapping[str, str], address: str, *, public: bool
    ) -> OAuthClient:
        """The client. ``public``: one without a secret will do, too."""
        shown = shown_by(authorization, form)
        try:
            client_id = client_of(shown.secret) if shown.method == "private_key_jwt" else shown.client_id
        except BadAssertion as error:
            self._failed("", address, UnknownClientError(str(error)))
        if shown.client_id and shown.client_id != client_id:
            self._failed("", address, UnknownClientError("The client_id is not that of the assertion."))
        kept = self._clients.get(client_id) if is_id(client_id) else None
        record = kept.record if kept else None
        try:
            proven = self._proven(shown, record)
        except UnknownClientError as error:
            self._failed(record.id if record else "", address, error)
        if self._is_disabled(proven):
            raise UnknownClientError("The client is disabled.")
        if proven.auth == "none" and not public:
            raise UnknownClientError("This needs a client that can keep a secret.")
        return proven

    def _proven(self, shown: Shown, record: OAuthClient | None) -> OAuthClient:
        """Raises UnknownClientError. Which way is registered is told to those who know the secret only."""
        if shown.method == "none":
            if record is None:
                raise UnknownClientError("There is no such client.")
            if record.auth != "none":
                raise UnknownClientError("The client does not prove who it is.")
        elif shown.method == "private_key_jwt":
            return self._proven_by_assertion(shown, record)
        else:
            is_right = is_secret(shown.secret, record, time.time_ns() // 1_000_000)
            if record is None or not is_right:
                raise UnknownClientError("There is no such client, or its secret is wrong.")
            if record.auth != shown.method:
                raise UnknownClientError(f"The client is registered for {record.auth}.")
        return record

    def _proven_by_assertion(self, shown: Shown, record: OAuthClient | None) -> OAuthClient:
        if record is None or record.auth != "private_key_jwt" or not record.jwks:
            raise UnknownClientError("There is no such client, or it has no keys.")
        try:
            assertion = read_assertion(shown.secret, record.jwks, self._audiences, time.time())
        except BadAssertion as error:
            raise UnknownClientError(str(error)) from error
        used = self._assertions.use(record.id, assertion.jti, assertion.ends_s)
        if used == "full":
            raise NotNowError
        if used != "used":
            raise UnknownClientError("The assertion was used before.")
        return record

    def _is_disabled(self, record: OAuthClient) -> bool:
        if record.disabled or not record.consumer:
            return record.disabled
        owner = self._consumers.get(record.consumer)
        return owner is not None and owner.record.disabled

    def _failed(self, client_id: str, address: str, error: UnknownClientError) -> NoReturn:
        """Counts it. ``client_id``: of one that there is; empty otherwise."""
        counts = [(f"address:{counted_as(address)}", MOST_OF_ADDRESS)]
        if client_id:
            counts.append((f"client:{client_id}", MOST_OF_CLIENT))
        for name, most in counts:
            key = self._keys.client_failures(name)
            with self._store.session(key) as session:
                count, wait_ms = run_script(session, "login_failure", failures=key, window_ms=WINDOW_MS)
            if int(count) > most:
                raise TooManyFailuresError(max(1, ceil(int(wait_ms) / 1000)))
        raise error


def is_id(client_id: str) -> bool:
    """Whether a client may be called that: nothing else is asked of the store."""
    return client_id.isprintable() and client_id.isascii()


def is_secret(secret: str, record: OAuthClient | None, now_ms: int) -> bool:
    """In constant time: the secret, or the one before the last rotation while that is good."""
    shown = hash_of(secret)
    is_now = hmac.compare_digest(shown, (record.hash if record else "") or _NOBODY)
    is_previous = hmac.compare_digest(shown, (record.previous_hash if record else "") or _NOBODY)
    if record is None or not secret:
        return False
    return is_now or (is_previous and record.previous_until_ms > now_ms)
