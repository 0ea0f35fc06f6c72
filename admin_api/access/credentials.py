"""Judging a credential: compared in constant time, wrong ones counted by the address that shows them.

A right token always passes as ``Authorization``, whatever its neighbours at the same address tried: with 256 bits the
count is not what protects it. At the login, where people type, the address has to wait.
"""

from __future__ import annotations

import hmac
from math import ceil
from typing import NoReturn

from admin_api.problems import Refusal
from weir.models.auth.secret_text import hash_of, read_secret
from weir.store.access_tokens import USED_STEP_MS, AccessToken, AccessTokens, Standing
from weir.store.login_links import LoginLinks
from weir.store.login_throttle import MAX_FAILURES, LoginThrottle, counted_as

_NOBODY = hash_of("")
"""Compared with where there is no such token, so that the answer takes as long."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="weir admin", error="invalid_token"'}


class Credentials:
    """Raises ``Refusal`` 401 and 429, StoreAway and StoreError."""

    def __init__(self, tokens: AccessTokens, links: LoginLinks, throttle: LoginThrottle) -> None:
        self._tokens = tokens
        self._links = links
        self._throttle = throttle

    def of_call(self, text: str, address: str) -> AccessToken:
        """The token that ``text`` is."""
        return self._judge(text, counted_as(address), self._standing(text, address))

    def of_login(self, text: str, address: str) -> AccessToken:
        """The same, but an address that was wrong too often has to wait even with a right one."""
        standing = self._standing(text, address)
        check_patience(standing)
        return self._judge(text, counted_as(address), standing)

    def of_link(self, secret: str, address: str) -> AccessToken:
        """The token that made the one-time link, which is used up."""
        check_patience(self._tokens.standing("", counted_as(address)))
        token = self._links.take(secret)
        record = self._tokens.standing(token, counted_as(address)).token if token else None
        if record is None:
            self._wrong(
                counted_as(address), "The link is wrong, was used before, or is older than 15 minutes."
            )
        return record

    def _standing(self, text: str, address: str) -> Standing:
        parts = read_secret("weirt", text)
        return self._tokens.standing(parts.id if parts else "", counted_as(address))

    def _judge(self, text: str, who: str, standing: Standing) -> AccessToken:
        record = standing.token
        is_same = hmac.compare_digest(hash_of(text), record.hash if record else _NOBODY)
        if record is None or not is_same:
            check_patience(standing)
            self._wrong(who, "The access token is wrong or was revoked.")
        if record.expires_ms <= standing.now_ms:
            raise Refusal(401, "expired-credential", "The access token has expired.", headers=CHALLENGE)
        if standing.now_ms - standing.last_used_ms >= USED_STEP_MS:
            self._tokens.note_use(record.id, standing.now_ms)
        return record

    def _wrong(self, who: str, detail: str) -> NoReturn:
        count, wait_ms = self._throttle.failed(who)
        if count > MAX_FAILURES:
            raise too_many(wait_ms)
        raise Refusal(401, "wrong-credential", detail, headers=CHALLENGE)


def check_patience(standing: Standing) -> None:
    """Raises ``Refusal`` 429 where this address was wrong too often."""
    if standing.failures >= MAX_FAILURES:
        raise too_many(standing.wait_ms)


def too_many(wait_ms: int) -> Refusal:
    wait_s = max(1, ceil(wait_ms / 1000))
    return Refusal(
        429,
        "too-many-failures",
        f"This address showed {MAX_FAILURES} wrong credentials within a minute; wait {wait_s} s.",
        headers={"Retry-After": str(wait_s)},
    )
