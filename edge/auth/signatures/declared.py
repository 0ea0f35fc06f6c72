"""``Signature-Input`` and ``Signature`` → what a client says it signed. Pure; refuses what it does not understand.

A request may carry signatures of others, made by other algorithms and for other readers; those are left alone. Labels
only join a signature to its parameters: they are not signed, and nothing else is read from them.
"""

from __future__ import annotations

import binascii
import re
from typing import Final, NamedTuple

from edge.auth.signatures.structured import Malformed, byte_sequences, inner_lists, parameters

ALGORITHM: Final = "hmac-sha256"
MAX_INPUT, MAX_VALUE = 4 * 1024, 8 * 1024
"""Bytes of Signature-Input and of Signature."""
MAX_SIGNATURES = 8
"""In one request, of anybody."""
MAX_COMPONENTS = 64
MAX_KEY_ID = 128
MAX_AGE_S = 300
"""From ``created`` on, whatever ``expires`` says."""
MAX_AHEAD_S = 60
"""That the client's clock may be ahead."""

_TOLD = b'"' + ALGORITHM.encode("ascii") + b'"'
_NAMES = re.compile(rb"""\("(@?[a-z0-9!#$%&'*+.^_`|~-]++)"(?: "(@?[a-z0-9!#$%&'*+.^_`|~-]++)")*+\)""")
_SECONDS = re.compile(rb"0|[1-9][0-9]{0,14}")
_TEXTS, _TIMES = frozenset({"keyid", "alg", "nonce", "tag"}), frozenset({"created", "expires"})
_DIGEST = re.compile(rb"[A-Za-z0-9+/]{43}=")


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
    """Those that may be ours, in their order. Raises BadSignature where any of the two fields is not understood.

    One of ours has the one form that structured fields are written in (RFC 9651 §4.1), since that form is signed.
    """
    if len(inputs) > MAX_INPUT or len(values) > MAX_VALUE:
        raise BadSignature(f"Signature-Input has at most {MAX_INPUT} bytes, Signature {MAX_VALUE}")
    name = "Signature-Input"
    try:
        found = []
        for label, (components, text) in inner_lists(inputs, MAX_SIGNATURES).items():
            params = parameters(text)
            if params.get("alg", _TOLD) == _TOLD and params.get("keyid", b"").startswith(b'"'):
                found.append((label, components, params, text))
        name = "Signature"
        shown = byte_sequences(values, MAX_SIGNATURES)
    except Malformed as error:
        raise BadSignature(f"{name} cannot be read as a structured field: {error}") from None
    return [_signature(each[0], *each[1:], shown.get(each[0])) for each in found]


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


def _signature(
    label: str, components: bytes, params: dict[str, bytes], text: bytes, shown: bytes | None
) -> Signature:
    if shown is None or _DIGEST.fullmatch(shown) is None:
        raise BadSignature("Signature has no digest of hmac-sha256 under a label of Signature-Input")
    for name, value in params.items():
        _check_parameter(name, value)
    if text != b"".join(b";%b=%b" % (name.encode("ascii"), value) for name, value in params.items()):
        raise BadSignature("parameters of a signature stand without blanks between them")
    if "created" not in params:
        raise BadSignature("created is needed")
    key_id = params["keyid"][1:-1].decode("ascii")
    if not key_id or len(key_id) > MAX_KEY_ID or "\\" in key_id:
        raise BadSignature(f"keyid has 1 to {MAX_KEY_ID} characters, none of them a backslash or a quote")
    created, expires = int(params["created"]), int(params.get("expires", b"0"))
    signed = (components + text).decode("ascii")
    return Signature(label, key_id, _names(components), created, expires, signed, binascii.a2b_base64(shown))


def _check_parameter(name: str, value: bytes) -> None:
    if name in _TIMES:
        if _SECONDS.fullmatch(value) is None:
            raise BadSignature(f"{name} is a whole number of seconds")
    elif name not in _TEXTS:
        raise BadSignature(f"the parameter {name} of a signature is not understood here")
    elif not value.startswith(b'"'):
        raise BadSignature(f"{name} is a string")


def _names(components: bytes) -> tuple[str, ...]:
    if components == b"()":
        return ()
    if _NAMES.fullmatch(components) is None:
        raise BadSignature(
            "components are names of header fields in lower case and derived ones as @method, with one blank between "
            "them and without parameters"
        )
    names = tuple(components[2:-2].decode("ascii").split('" "'))
    if len(names) > MAX_COMPONENTS:
        raise BadSignature(f"a signature covers at most {MAX_COMPONENTS} components")
    if len(set(names)) < len(names):
        raise BadSignature("a component is covered twice")
    return names
