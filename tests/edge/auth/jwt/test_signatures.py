"""Signatures and keys, against the examples of the RFCs. What is made by another library is in ``test_keys.py``."""

from __future__ import annotations

import pytest

from edge.auth.jwt.form import take_apart
from edge.auth.jwt.keys import ALGORITHMS, CURVES, RSA
from edge.auth.jwt.signatures import _VERIFY, is_signed, read_key
from tests.support.tokens import unb64

RS256_KEY = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
    "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
    "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
    "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
RS256_TOKEN = (
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
    "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"
    "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
ES256_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
ES256_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


@pytest.mark.parametrize(
    ("name", "key", "token"), [("RS256", RS256_KEY, RS256_TOKEN), ("ES256", ES256_KEY, ES256_TOKEN)]
)
def test_the_examples_of_rfc_7515_are_good(name: str, key: dict[str, str], token: str) -> None:
    parts = take_apart(token)
    public = read_key(key)
    assert is_signed(name, public, parts.signed, parts.signature)
    assert not is_signed(name, public, parts.signed + b"A", parts.signature)
    half = len(parts.signature) // 2
    padded = parts.signature[:half] + b"\0" + parts.signature[half:]
    for signature in (
        b"",
        parts.signature[:-1],
        parts.signature + b"\0",
        padded,
        b"\0" * len(parts.signature),
    ):
        assert not is_signed(name, public, parts.signed, signature)


def test_the_example_of_rfc_8037_is_good() -> None:
    public = read_key({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    signature = unb64(
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    assert is_signed("Ed25519", public, signed, signature)
    for wrong in (b"", signature[:-1], signature + b"\0", b"\0" * 64):
        assert not is_signed("Ed25519", public, signed, wrong)


def test_numbers_that_sign_nothing_are_refused() -> None:
    """CVE-2022-21449: zeros were good for everything once; so are multiples of the order."""
    public, order = read_key(ES256_KEY), 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for number in (0, order, 2**256 - 1):
        assert not is_signed("ES256", public, b"anything", number.to_bytes(32, "big") * 2)


def test_every_algorithm_has_a_way_to_be_verified() -> None:
    assert set(_VERIFY) == set(ALGORITHMS) == {*RSA, *CURVES.values(), "Ed25519"}


@pytest.mark.parametrize(
    "change",
    [
        {"n": "AAAA"},
        {"n": ""},
        {"n": "=="},
        {"n": "+/+/"},
        {"e": "AA"},
        {"e": "Ag"},
        {"e": "_" * 44},
        {"n": "_" * 1500},
    ],
)
def test_what_is_no_sound_rsa_key_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        read_key({**RS256_KEY, **change})
