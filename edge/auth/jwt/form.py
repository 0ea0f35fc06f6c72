"""A token's outer form: compact JWS (RFC 7515 §7.1), taken apart and judged before any key is looked at. Pure.

What a header may not do here: choose no algorithm or a symmetric one (the key decides, ``keys``), bring a key or say
where one is (``jwk jku x5u x5c`` are never looked at), ask for extensions (``crit``, ``b64``: refused), or say that a
token is inside.
"""

from __future__ import annotations

import base64
import re
from typing import Any, NamedTuple

from edge.auth.jwt.bad_token import BadToken
from edge.auth.jwt.strict_json import read_object

MAX_TOKEN = 8 * 1024
"""Characters. Heads of requests are bounded too, so a longer one rarely comes this far."""
MAX_KID = 256

_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_ENCRYPTED = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){4}")


class Parts(NamedTuple):
    """Of a token whose signature nobody has looked at."""

    algorithm: str
    kid: str
    """Empty: it names no key."""
    type: str
    """Lower case, without ``application/``; empty: it says none."""
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def looks_like(text: str) -> bool:
    """Whether somebody may have meant it as a signed token. Cheap."""
    return text.count(".") == 2


def take_apart(text: str) -> Parts:
    """Raises BadToken."""
    if len(text) > MAX_TOKEN:
        raise BadToken(f"the token is longer than {MAX_TOKEN} characters")
    match = _FORM.fullmatch(text)
    if match is None:
        encrypted = _ENCRYPTED.fullmatch(text) is not None
        raise BadToken("the token is encrypted" if encrypted else "the token is no signed JWT")
    header = _object(match[1], "header")
    if "crit" in header or "b64" in header:
        raise BadToken("the token's header asks for extensions that are not known here")
    if _text(header, "cty"):
        raise BadToken("the token holds something else than claims")
    algorithm, kid = _text(header, "alg"), _text(header, "kid")
    if not algorithm or len(kid) > MAX_KID:
        raise BadToken("the token's header does not say how it is signed")
    return Parts(
        algorithm,
        kid,
        _text(header, "typ").lower().removeprefix("application/"),
        _object(match[2], "payload"),
        text[: match.end(2)].encode("ascii"),
        _bytes(match[3]),
    )


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        return read_object(_bytes(part))
    except ValueError as error:
        raise BadToken(f"the token's {name} is not understood: {error}") from error


def _text(header: dict[str, Any], name: str) -> str:
    value = header.get(name, "")
    if not isinstance(value, str):
        raise BadToken("the token's header has a value of the wrong kind")
    return value


def _bytes(part: str) -> bytes:
    """Base64url without padding, in the one form that these bytes have: bits that mean nothing are 0."""
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    if base64.urlsafe_b64encode(data).rstrip(b"=") != part.encode("ascii"):
        raise BadToken("the token is not encoded as it must be")
    return data
