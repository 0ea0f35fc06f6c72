"""``Signature-Input`` and ``Signature`` → what a client says it signed. Pure; refuses what it does not understand.

A request may carry signatures of others, made by other algorithms and for other readers; those are left alone. Labels
only join a signature to its parameters: they are not signed, and nothing else is read from them.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import http_sf
from http_sf import StructuredFieldError

ALGORITHM: Final = "hmac-sha256"
MAX_BYTES = 8 * 1024
"""Of each of the two fields."""
MAX_SIGNATURES = 8
"""In one request, of anybody."""
MAX_COMPONENTS = 64
MAX_KEY_ID = 128
MAX_AGE_S = 300
"""From ``created`` on, whatever ``expires`` says."""
MAX_AHEAD_S = 60
"""That the client's clock may be ahead."""

_NAME = re.compile(r"@?[a-z0-9!#$%&'*+.^_`|~-]+")


class BadSignature(ValueError):
    """The sentence says what is wrong; it is shown to the client, and holds nothing secret."""


class Expired(BadSignature):
    """It was good, and is no more."""


class Guess(BadSignature):
    """It could be one who tries what passes: it counts against the address that it came from."""


class Signature(NamedTuple):
    """One that may be ours: of this algorithm, or of none that is named."""

    label: str
    key_id: str
    components: tuple[str, ...]
    created: int
    expires: int
    """Seconds since the epoch; 0: no end of its own."""
    params: str
    """What the line ``@signature-params`` says (RFC 9421 §2.3)."""
    value: bytes


def read_signatures(inputs: bytes, values: bytes) -> list[Signature]:
    """Those that may be ours, in their order. Raises BadSignature where any of the two fields is not understood."""
    declared = _dictionary(inputs, "Signature-Input")
    shown = _dictionary(values, "Signature")
    if len(declared) > MAX_SIGNATURES:
        raise BadSignature(f"a request has at most {MAX_SIGNATURES} signatures")
    found = []
    for label, member in declared.items():
        items, params = member if isinstance(member, tuple) else (None, {})
        if not isinstance(items, list):
            raise BadSignature("Signature-Input lists the components of each signature in parentheses")
        if _may_be_ours(params):
            found.append(_signature(label, items, params, shown.get(label)))
    return found


def check_time(signature: Signature, now_s: float) -> None:
    """Raises BadSignature outside the time in which the signature counts."""
    if signature.created > now_s + MAX_AHEAD_S:
        raise BadSignature("the signature was created in the future: compare the clocks")
    if signature.created < now_s - MAX_AGE_S:
        raise Expired(f"the signature was created more than {MAX_AGE_S} s ago")
    if signature.expires and signature.expires <= now_s:
        raise Expired("the signature has expired")


def check_coverage(signature: Signature, has_body: bool) -> None:
    """Raises BadSignature where a part that says what is asked for is not signed."""
    covered = frozenset(signature.components)
    missing = [] if "@method" in covered else ["@method"]
    if "@target-uri" not in covered:
        if "@authority" not in covered:
            missing.append("@authority")
        if "@request-target" not in covered:
            missing += [name for name in ("@path", "@query") if name not in covered]
    if has_body and "content-digest" not in covered:
        missing.append("content-digest")
    if missing:
        raise BadSignature(f"the signature does not cover {', '.join(missing)}")


def _may_be_ours(params: dict[str, Any]) -> bool:
    """Types are compared too: a token is no string (RFC 9651 §3.3)."""
    algorithm = params.get("alg", ALGORITHM)
    return type(algorithm) is str and algorithm == ALGORITHM and type(params.get("keyid")) is str


def _signature(label: str, items: list[Any], params: dict[str, Any], shown: object) -> Signature:
    if not isinstance(shown, tuple) or type(shown[0]) is not bytes:
        raise BadSignature("Signature has no byte sequence under a label of Signature-Input")
    if len(items) > MAX_COMPONENTS:
        raise BadSignature(f"a signature covers at most {MAX_COMPONENTS} components")
    key_id, created, expires = params["keyid"], params.get("created"), params.get("expires", 0)
    if not key_id or len(key_id) > MAX_KEY_ID:
        raise BadSignature(f"keyid has 1 to {MAX_KEY_ID} characters")
    if type(created) is not int or type(expires) is not int:
        raise BadSignature("created is needed, and it and expires are whole seconds")
    names = tuple(map(_name, items))
    if len(set(names)) < len(names):
        raise BadSignature("a component is covered twice")
    return Signature(label, key_id, names, created, expires, http_sf.ser([(items, params)]), shown[0])


def _name(item: tuple[Any, dict[str, Any]]) -> str:
    name, params = item
    if type(name) is not str or _NAME.fullmatch(name) is None:
        raise BadSignature("components are names of header fields in lower case, and derived ones as @method")
    if params:
        raise BadSignature(f"{name}: parameters of components ({', '.join(params)}) are not understood here")
    return name


def _dictionary(value: bytes, name: str) -> dict[str, Any]:
    """RFC 9651 §4.2.2, but a key that comes twice is refused: readers must not differ about which one counts."""
    if len(value) > MAX_BYTES:
        raise BadSignature(f"{name} has at most {MAX_BYTES} bytes")
    try:
        found = http_sf.parse(value, tltype="dictionary", on_duplicate_key=_twice)
    except StructuredFieldError as error:
        raise BadSignature(f"{name} is not a dictionary of structured fields: {error}") from None
    return found  # type: ignore[return-value]  # tltype says what it is


def _twice(key: str, kind: str) -> None:
    raise BadSignature(f"the {kind} {key} stands twice")
