"""Signatures and public keys (RFC 7518 §3, §6; RFC 8037; RFC 9864), on ``cryptography``.

The only module here that imports it, and imported by ``keys`` when the first rule asks for tokens. A library for all of
JOSE takes five times as long to import and three times the memory; what a token must be is judged in ``form`` anyway.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

PublicKey: TypeAlias = Any
"""One of ``cryptography``'s."""
Verify = Callable[[PublicKey, bytes, bytes], None]

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
"""Shorter ones can be broken (RFC 8725 §3.5), longer ones cost too much."""
MAX_RSA_EXPONENT_BITS = 64


def is_signed(name: str, key: PublicKey, signed: bytes, signature: bytes) -> bool:
    """``name`` is an algorithm that the key is for."""
    try:
        _VERIFY[name](key, signed, signature)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_key(row: Mapping[str, Any]) -> PublicKey:
    """Of a JSON Web Key of a kind in ``keys``. Raises ValueError for one that is none, or too weak, or too costly."""
    match row["kty"]:
        case "RSA":
            return _rsa(_integer(row["n"]), _integer(row["e"]))
        case "EC":
            x, y = _integer(row["x"]), _integer(row["y"])
            return ec.EllipticCurvePublicNumbers(x, y, _CURVES[row["crv"]]()).public_key()
        case _:
            return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(row["x"]))


def _rsa(n: int, e: int) -> rsa.RSAPublicKey:
    if not MIN_RSA_BITS <= n.bit_length() <= MAX_RSA_BITS or n % 2 == 0:
        raise ValueError("its modulus has too few bits, or too many")
    if e.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise ValueError("its exponent is too large")
    return rsa.RSAPublicNumbers(e, n).public_key()


def _pkcs1(digest: hashes.HashAlgorithm) -> Verify:
    scheme = padding.PKCS1v15()
    return lambda key, signed, signature: key.verify(signature, signed, scheme, digest)


def _pss(digest: hashes.HashAlgorithm) -> Verify:
    """The salt is as long as the digest (RFC 7518 §3.5)."""
    scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
    return lambda key, signed, signature: key.verify(signature, signed, scheme, digest)


def _ecdsa(digest: hashes.HashAlgorithm, size: int) -> Verify:
    """Two numbers of ``size`` bytes (RFC 7518 §3.4)."""
    algorithm = ec.ECDSA(digest)

    def verify(key: PublicKey, signed: bytes, signature: bytes) -> None:
        if len(signature) != 2 * size:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        key.verify(encode_dss_signature(r, s), signed, algorithm)

    return verify


_VERIFY: Mapping[str, Verify] = {
    "RS256": _pkcs1(hashes.SHA256()),
    "RS384": _pkcs1(hashes.SHA384()),
    "RS512": _pkcs1(hashes.SHA512()),
    "PS256": _pss(hashes.SHA256()),
    "PS384": _pss(hashes.SHA384()),
    "PS512": _pss(hashes.SHA512()),
    "ES256": _ecdsa(hashes.SHA256(), 32),
    "ES384": _ecdsa(hashes.SHA384(), 48),
    "ES512": _ecdsa(hashes.SHA512(), 66),
    "Ed25519": lambda key, signed, signature: key.verify(signature, signed),
}
_CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}


def _integer(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _bytes(text: str) -> bytes:
    """Base64url without padding. Raises ValueError."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("it is not encoded as it must be")
    return data
