"""The keys of an issuer, each pinned to the algorithms it may be used with (RFC 7517, 7518, 8037, 9864).

A token never chooses how it is verified: its ``alg`` must be one that its key is for and that is allowed of the issuer.
Only public keys count, so a symmetric algorithm has no key here, and ``none`` has no algorithm.

``signatures`` is imported at the first key set: a worker without rules that ask for tokens does without its library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from edge.auth.jwt.bad_token import BadToken, Forged, UnknownKey
from edge.auth.jwt.form import MAX_KID, Parts

MAX_KEYS = 100
"""Of one set; more are left out."""
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
ED25519 = "Ed25519"
ALGORITHMS: frozenset[str] = frozenset((*RSA, *CURVES.values(), ED25519))
SYNONYMS = {"EdDSA": ED25519}
"""What issuers called it before RFC 9864."""

_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}


class Key(NamedTuple):
    algorithms: frozenset[str]
    """As ``ALGORITHMS`` has them."""
    public: Any
    """As ``signatures`` has it."""


class KeySet:
    """``allowed``: the algorithms of the issuer. Keys that cannot be used are left out; ``left_out`` counts them."""

    def __init__(self, jwks: Mapping[str, Any], allowed: Iterable[str]) -> None:
        names = frozenset(SYNONYMS.get(name, name) for name in allowed) & ALGORITHMS
        rows = jwks.get("keys")
        rows = rows if isinstance(rows, list) else []
        self._keys: dict[str, list[Key]] = {}
        self.left_out = max(0, len(rows) - MAX_KEYS)
        for row in rows[:MAX_KEYS]:
            key = _usable(row, names)
            if key is None:
                self.left_out += 1
            else:
                self._keys.setdefault(row.get("kid", ""), []).append(key)

    def __len__(self) -> int:
        return sum(map(len, self._keys.values()))

    def check(self, parts: Parts) -> None:
        """Raises BadToken unless the signature is one of these keys'. UnknownKey: another set might have the key."""
        name = SYNONYMS.get(parts.algorithm, parts.algorithm)
        key = self._key(name, parts.kid)
        if not _signatures().is_signed(name, key.public, parts.signed, parts.signature):
            raise Forged("the token's signature is wrong")

    def _key(self, name: str, kid: str) -> Key:
        """Of that name exactly; a token without one is of the only key that it could be of."""
        if name not in ALGORITHMS:
            raise BadToken("the token is signed in a way that is not accepted")
        if kid and kid not in self._keys:
            raise UnknownKey("the token is signed with a key that its issuer does not show")
        keys = self._keys[kid] if kid else [key for each in self._keys.values() for key in each]
        fitting = [key for key in keys if name in key.algorithms]
        if not fitting:
            raise BadToken("the token is signed in a way that its key is not for")
        if len(fitting) > 1:
            raise BadToken("the token does not say which of its issuer's keys it is signed with")
        return fitting[0]


def load() -> None:
    """Imports what keys need; some milliseconds, once."""
    _signatures()


def _signatures() -> ModuleType:
    from edge.auth.jwt import signatures

    return signatures


def _usable(row: Any, allowed: frozenset[str]) -> Key | None:
    """None for what is no public key for signatures of an allowed algorithm."""
    if not isinstance(row, dict) or not _is_for_signatures(row):
        return None
    algorithms = frozenset(_algorithms(row)) & allowed
    members = _MEMBERS.get(str(row.get("kty")), ())
    if not algorithms or not all(isinstance(row.get(name), str) for name in members):
        return None
    try:
        return Key(algorithms, _signatures().read_key(row))
    except ValueError:
        return None


def _is_for_signatures(row: Mapping[str, Any]) -> bool:
    kid, operations = row.get("kid", ""), row.get("key_ops")
    return (
        isinstance(kid, str)
        and len(kid) <= MAX_KID
        and row.get("use", "sig") == "sig"
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
    )


def _algorithms(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What the key could be used with; only its own ``alg`` if it names one."""
    match row.get("kty"):
        case "RSA":
            able: tuple[str, ...] = RSA
        case "EC" if row.get("crv") in CURVES:
            able = (CURVES[row["crv"]],)
        case "OKP" if row.get("crv") == ED25519:
            able = (ED25519,)
        case _:
            return ()
    named = row.get("alg")
    if named is None:
        return able
    return tuple(
        name for name in able if name == (SYNONYMS.get(named, named) if isinstance(named, str) else "")
    )
