"""The JSON Web Key Set of a client that signs its own assertions (RFC 7517, RFC 7523): only public keys. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_KEYS = 10
MAX_BYTES = 16 * 1024
"""Of a set as JSON."""
_NEEDED = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that only a private or shared key has (RFC 7518 §6)."""


def problem_of(jwks: Mapping[str, Any]) -> str:
    """Why it may not be registered, as a sentence's end; empty where it may."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
        return f"it has no list `keys` of 1 to {MAX_KEYS} keys"
    for place, key in enumerate(keys):
        if problem := _problem_of_key(key):
            return f"keys[{place}] {problem}"
    names = [key.get("kid") for key in keys]
    if len(keys) > 1 and len({name for name in names if isinstance(name, str)}) != len(keys):
        return "each of several keys needs a `kid` of its own"
    return ""


def _problem_of_key(key: object) -> str:
    if not isinstance(key, dict):
        return "is no object"
    if found := sorted(_PRIVATE & key.keys()):
        return f"has `{found[0]}`: it is private or shared; it is known to others now, make another pair"
    needed = _NEEDED.get(str(key.get("kty")))
    if needed is None:
        return f"has no `kty` among {', '.join(_NEEDED)}"
    if missing := [name for name in needed if not isinstance(key.get(name), str) or not key[name]]:
        return f"lacks `{missing[0]}`"
    if key.get("use", "sig") != "sig":
        return "is not for signatures (`use`)"
    return ""
