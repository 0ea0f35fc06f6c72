"""Assertions of clients that prove by a signature who they are (``private_key_jwt``, RFC 7523 §3, OIDC Core §9). Pure.

The key decides which algorithm counts, never the assertion: its own ``alg`` must be one of those that the key can do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

LONGEST_S = 3600
"""From now until ``exp``: so long its ``jti`` has to be remembered."""
SKEW_S = 60
MAX_JTI = 256
ALGORITHMS: dict[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): ("RS256", "PS256", "RS384", "PS384", "RS512", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("Ed25519", "EdDSA"),
}
"""By type and curve of a key."""
SUPPORTED = tuple(dict.fromkeys(name for names in ALGORITHMS.values() for name in names))
LEAST_RSA_BITS = 2048


class BadAssertion(Exception):
    """The text is a sentence in ASCII without quotation marks."""


class Assertion(NamedTuple):
    client_id: str
    jti: str
    ends_s: int


def client_of(text: str) -> str:
    """Who it says it is from; nothing is verified yet. Raises BadAssertion."""
    try:
        claims = json.loads(jws.extract_compact(text.encode()).payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise BadAssertion("The assertion is no JWT.") from None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str) or not subject:
        raise BadAssertion("The assertion has no sub.")
    return subject


def read_assertion(text: str, jwks: str, audiences: Sequence[str], now_s: float) -> Assertion:
    """Verified against the keys of the client that it says it is from. Raises BadAssertion."""
    try:
        header = jws.extract_compact(text.encode()).headers()
        if "crit" in header or "b64" in header:
            raise BadAssertion("The assertion has an extension that is not understood.")
        key = key_of(jwks, header.get("kid"))
        claims: dict[str, Any] = jwt.decode(text, key, algorithms=algorithms_of(key)).claims
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise BadAssertion("The signature of the assertion is not one of the client's keys.") from None
    return checked(claims, audiences, now_s)


def key_of(jwks: str, kid: object) -> Key:
    """The one that is named; without a name the only one. Raises ValueError."""
    keys = KeySet.import_key_set(json.loads(jwks)).keys
    named = [key for key in keys if kid is None or key.kid == kid]
    if len(named) != 1:
        raise ValueError("no such key")
    return named[0]


def algorithms_of(key: Key) -> tuple[str, ...]:
    """What it may sign with, never nothing (which joserfc takes for its defaults). Raises ValueError for a key that is
    too weak or of another kind."""
    found: tuple[str, ...] = ()
    if isinstance(key, RSAKey) and key.raw_value.key_size >= LEAST_RSA_BITS:
        found = ALGORITHMS["RSA", ""]
    elif isinstance(key, ECKey | OKPKey):
        found = ALGORITHMS.get((key.key_type, str(key.curve_name)), ())
    if not found:
        raise ValueError("no key to sign with")
    return found


def checked(claims: dict[str, Any], audiences: Sequence[str], now_s: float) -> Assertion:
    """The claims of RFC 7523 §3. Raises BadAssertion."""
    subject, jti, audience = claims.get("sub"), claims.get("jti"), claims.get("aud")
    if not isinstance(subject, str) or claims.get("iss") != subject:
        raise BadAssertion("In the assertion iss and sub are not both the client_id.")
    # One audience: what also counts elsewhere could be used here by whoever it was sent to there.
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in audiences:
        raise BadAssertion("The aud of the assertion is not this server, alone.")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise BadAssertion("The assertion has no jti of at most 256 characters.")
    ends = moment(claims, "exp")
    if ends is None or ends + SKEW_S <= now_s:
        raise BadAssertion("The assertion has no exp, or has expired.")
    if ends > now_s + LONGEST_S + SKEW_S:
        raise BadAssertion("The exp of the assertion is more than an hour ahead.")
    for name in ("nbf", "iat"):
        begins = moment(claims, name)
        if name in claims and (begins is None or begins > now_s + SKEW_S):
            raise BadAssertion(f"The {name} of the assertion is in the future.")
    return Assertion(subject, jti, math.ceil(ends) + SKEW_S)


def moment(claims: dict[str, Any], name: str) -> float | None:
    """A finite number of seconds."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        return None
    return value
