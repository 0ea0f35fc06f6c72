"""Tokens that this worker has verified: a signature is checked once, and what it said is remembered until it expires.

* A verified token is remembered with the issuer as it was then. When anything about the issuer changes, such as a key
  that is gone, it is another issuer and the token is verified anew.
* What is no part of the token is no part of what is remembered: whether it was revoked, whom its client belongs to and
  whether that is still enabled are asked at each use (``methods.token``).
* A token that was refused is remembered for ``REFUSED_S``: showing it again costs no signature check.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from edge.auth.jwt.bad_token import BadToken, Code, Early, UnknownKey
from edge.auth.jwt.claims import CLOCK_SKEW_S, Claims, read_claims
from edge.auth.jwt.form import Parts, take_apart
from edge.auth.jwt.memory import Memory

if TYPE_CHECKING:
    from edge.auth.issuers import Issuer, Issuers

MAX_VERIFIED = 10_000
MAX_REFUSED = 10_000
REFUSED_S = 10.0

OWN_TYPE = "at+jwt"
"""RFC 9068 §2.1: an ID token of the same issuer is none."""
FOREIGN_TYPES = frozenset({"", "jwt", OWN_TYPE})
"""Many issuers say nothing in particular."""


class Token(NamedTuple):
    """A verified one. ``claims.expires_s`` is checked by ``Tokens``; nothing else here ever changes."""

    issuer: Issuer
    claims: Claims
    scopes: frozenset[str]


class _Refused(NamedTuple):
    issuer: Issuer
    detail: str
    code: Code
    until_s: float


class Tokens:
    """One of a worker. Times are of the wall clock, as tokens have it."""

    def __init__(self, issuers: Issuers, clock: Callable[[], float] = time.time) -> None:
        self._issuers = issuers
        self._clock = clock
        self._verified: Memory[Token] = Memory(MAX_VERIFIED)
        self._refused: Memory[_Refused] = Memory(MAX_REFUSED)

    def known(self, text: str, issuer: Issuer) -> Token | None:
        """None: it must be verified. Raises BadToken if it was refused just now, or has expired meanwhile."""
        digest = _digest(text)
        token = self._verified.get(digest)
        if token is not None and token.issuer is issuer:
            if token.claims.expires_s + CLOCK_SKEW_S <= self._clock():
                self._verified.drop(digest)
                raise BadToken("the token has expired", "credential-expired")
            return token
        refused = self._refused.get(digest)
        if refused is not None and refused.issuer is issuer and self._clock() < refused.until_s:
            raise BadToken(refused.detail, refused.code)
        return None

    def verify(self, text: str, issuer: Issuer) -> Token:
        """Checks everything that the token says itself. May block, if its key is not known. Raises BadToken, and
        NotSure where its key may be a new one of the issuer's and nobody can say."""
        try:
            token = self._read(text, issuer)
        except Early:
            raise
        except BadToken as error:
            until_s = self._clock() + REFUSED_S
            self._refused.put(_digest(text), _Refused(issuer, str(error), error.code, until_s))
            raise
        self._verified.put(_digest(text), token)
        return token

    def _read(self, text: str, issuer: Issuer) -> Token:
        """What costs least comes first: a token that would be refused anyway costs no signature check."""
        parts = take_apart(text)
        claims = read_claims(parts.claims, issuer.reading, self._clock())
        _check_kind(parts, claims, issuer)
        try:
            issuer.keys.check(parts)
        except UnknownKey:
            newer = self._issuers.refresh(issuer)
            if newer is None:
                raise
            newer.keys.check(parts)
            issuer = newer
            claims = read_claims(parts.claims, issuer.reading, self._clock())
        return Token(issuer, claims, frozenset(claims.scopes))


def _check_kind(parts: Parts, claims: Claims, issuer: Issuer) -> None:
    if not issuer.own:
        if parts.type not in FOREIGN_TYPES:
            raise BadToken("the token is not one that gives access")
        return
    if parts.type != OWN_TYPE or not parts.kid:
        raise BadToken("the token is no access token")
    if not (claims.subject and claims.client and claims.id and claims.issued_s and claims.audiences):
        raise BadToken("the token does not say all that an access token must")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
