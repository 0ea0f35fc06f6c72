"""What an issuer says of itself: its metadata and its key set, read with suspicion. Pure."""

from __future__ import annotations

from typing import Any

from edge.auth.jwt.keys import MAX_KEYS
from edge.auth.jwt.strict_json import read_object
from weir.models.auth.issuer_urls import problem_of

MAX_BYTES = 256 * 1024
"""Of one document."""
MAX_VALUE = 4096
"""Characters of one member of a key: more than the longest RSA key needs."""

_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_ABOUT = ("kid", "use", "alg")


class BadDocument(Exception):
    """What is wrong with it, as the end of a sentence that begins with its address."""


def jwks_uri_of(data: bytes, issuer: str) -> str:
    """Of metadata. Raises BadDocument: also where it is another issuer's (RFC 8414 §3.3)."""
    document = _read(data)
    if document.get("issuer") != issuer:
        raise BadDocument(f"is of another issuer: {str(document.get('issuer'))[:200]!r}")
    uri = document.get("jwks_uri")
    if not isinstance(uri, str):
        raise BadDocument("names no jwks_uri")
    if problem := problem_of_place(uri, issuer):
        raise BadDocument(f"names a jwks_uri that {problem}")
    return uri


def problem_of_place(uri: str, issuer: str) -> str:
    """Why keys are not fetched from there, behind "it"; empty where they are. Only an issuer on this machine may have
    them without TLS."""
    problem = problem_of(uri, query=True)
    if not problem and uri.startswith("http:") and not issuer.startswith("http:"):
        return "is http, and the issuer is not"
    return problem


def public_keys_of(data: bytes) -> dict[str, Any]:
    """The key set, only with what verifying needs: no private halves, no certificates. Raises BadDocument."""
    rows = _read(data).get("keys")
    if not isinstance(rows, list):
        raise BadDocument("has no list of keys")
    if len(rows) > MAX_KEYS:
        raise BadDocument(f"has more than {MAX_KEYS} keys")
    keys = [key for row in rows if (key := _public_half(row)) is not None]
    if not keys:
        raise BadDocument("has no key that signatures could be verified with")
    return {"keys": keys}


def _public_half(row: Any) -> dict[str, Any] | None:
    """None for what is no public key for signatures."""
    if not isinstance(row, dict) or row.get("use", "sig") != "sig":
        return None
    kind = row.get("kty")
    members = _PUBLIC.get(kind) if isinstance(kind, str) else None
    if members is None or not all(_is_text(row.get(name)) for name in members):
        return None
    key = {"kty": kind, **{name: row[name] for name in members}}
    key.update((name, row[name]) for name in _ABOUT if _is_text(row.get(name)))
    operations = row.get("key_ops")
    if isinstance(operations, list):
        if "verify" not in operations:
            return None
        key["key_ops"] = ["verify"]
    return key


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_VALUE


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise BadDocument(f"is larger than {MAX_BYTES // 1024} KiB")
    try:
        return read_object(data)
    except ValueError as error:
        raise BadDocument(f"is not understood: {error}") from error
