"""What a token claims, judged (RFC 7519 §4.1, RFC 9068 §4). Pure: the time is given.

``CLOCK_SKEW_S`` is how far the clocks of issuer and node may be apart. A claim of the wrong kind is refused, never
converted. What the upstream is told in a header must read there as the issuer wrote it, and as nobody else: it is
printable ASCII (as OpenID Connect Core §2 has ``sub``, and RFC 6749 ``client_id``) without spaces at its ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from edge.auth.jwt.bad_token import BadToken, Early

CLOCK_SKEW_S = 60
MAX_TIME_S = 253_402_300_799
"""The end of the year 9999."""
MAX_TEXT = 1024
"""Characters of a claim that is a name."""
MAX_LIST = 256
"""Members of ``aud`` and of a list of scopes."""
_OTHER_KINDS = {"typ": frozenset({"ID", "Refresh", "Offline", "Logout"}), "token_use": frozenset({"id"})}
"""By which Keycloak and Cognito tell tokens that give no access from those that do, as their headers say the same."""
_SCOPE = re.compile(r"[!#-\[\]-~]+")
"""RFC 6749 §3.3."""
_CONTROL = frozenset(chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x2029))


class Claims(NamedTuple):
    """What authentication looks at."""

    issuer: str
    audiences: tuple[str, ...]
    expires_s: float
    """Seconds of the wall clock, as the issuer wrote it; good until ``CLOCK_SKEW_S`` later."""
    issued_s: float
    """0: it does not say."""
    subject: str
    client: str
    """``client_id``, or ``azp``, by which others name it."""
    id: str
    """``jti``; empty: it has none."""
    session: str
    """``sid``: of the tokens that one sign-in led to."""
    scopes: tuple[str, ...]
    consumer: str
    """The value of the issuer's ``consumer_claim``."""


class Reading(NamedTuple):
    """Where an issuer says what."""

    issuer: str
    scope_claim: str = "scope"
    consumer_claim: str = ""


def read_claims(claims: Mapping[str, Any], reading: Reading, now_s: float) -> Claims:
    """Raises BadToken."""
    if claims.get("iss") != reading.issuer:
        raise BadToken("the token is of another issuer")
    if "cnf" in claims:
        raise BadToken("the token is bound to a key of its holder's, which is not checked here")
    if any(_is_one_of(claims.get(name), kinds) for name, kinds in _OTHER_KINDS.items()):
        raise BadToken("the token is not one that gives access")
    return Claims(
        issuer=reading.issuer,
        audiences=_audiences(claims),
        expires_s=_times(claims, now_s),
        issued_s=_time(claims, "iat") or 0,
        subject=_shown(claims.get("sub"), "sub"),
        client=_shown(claims.get("client_id"), "client_id") or _shown(claims.get("azp"), "azp"),
        id=_shown(claims.get("jti"), "jti"),
        session=_shown(claims.get("sid"), "sid"),
        scopes=_scopes(find(claims, reading.scope_claim)),
        consumer=_consumer(claims, reading.consumer_claim),
    )


def _is_one_of(value: Any, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def find(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of that name or, with dots, what is inside: ``realm_access.roles``. None: there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _times(claims: Mapping[str, Any], now_s: float) -> float:
    expires_s = _time(claims, "exp")
    if expires_s is None:
        raise BadToken("the token does not say when it expires")
    if expires_s + CLOCK_SKEW_S <= now_s:
        raise BadToken("the token has expired", "credential-expired")
    if (_time(claims, "nbf") or 0) > now_s + CLOCK_SKEW_S:
        raise Early("the token is not valid yet")
    if (_time(claims, "iat") or 0) > now_s + CLOCK_SKEW_S:
        raise Early("the token was issued in the future")
    return expires_s


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME_S:
        raise BadToken(f"the token's {name} is no time")
    return value


def _audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims.get("aud")
    if isinstance(value, str):
        return (_name(value, "aud"),)
    return _names([] if value is None else value, "aud")


def _scopes(value: Any) -> tuple[str, ...]:
    """A text with spaces (RFC 8693 §4.2), or a list of texts; what can be no scope gives nothing."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.split(" ")
    return tuple(filter(_SCOPE.fullmatch, _names(value, "scope")))


def _consumer(claims: Mapping[str, Any], name: str) -> str:
    if not name:
        return ""
    consumer = _name(find(claims, name), "consumer")
    if not consumer:
        raise BadToken("the token does not name the consumer that it belongs to")
    return consumer


def _names(value: Any, claim: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise BadToken(f"the token's {claim} is neither a text nor a list of at most {MAX_LIST} texts")
    return tuple(_name(each, claim) for each in value)


def _shown(value: Any, claim: str) -> str:
    name = _name(value, claim)
    if not name.isascii() or name.strip(" ") != name:
        raise BadToken(f"the token's {claim} cannot be told in a header")
    return name


def _name(value: Any, claim: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _CONTROL.isdisjoint(value):
        raise BadToken(f"the token's {claim} is no text that could be a name")
    return value
