"""Hashes of passwords."""

from __future__ import annotations

import threading
import time

import pytest

from weir.secrets.passwords import (
    MAX_LENGTH,
    MIN_LENGTH,
    MOST_MEMORY_KIB,
    NOBODY,
    hash_password,
    is_hash,
    is_right,
    needs_rehash,
    problem_of,
)

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def phc() -> str:
    return hash_password(PASSWORD)


def test_a_hash_is_argon2id_with_the_parameters_of_owasp(phc: str) -> None:
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert is_hash(phc)
    assert not needs_rehash(phc)


def test_only_the_password_is_right(phc: str) -> None:
    assert is_right(PASSWORD, phc)
    assert not is_right(PASSWORD + " ", phc)
    assert not is_right("", phc)


def test_two_hashes_of_one_password_differ(phc: str) -> None:
    assert hash_password(PASSWORD) != phc


def test_an_accent_may_be_composed_or_not() -> None:
    composed, apart = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert is_right(apart, hash_password(composed))


def test_nobody_has_no_password_and_costs_as_much() -> None:
    assert is_hash(NOBODY)
    assert not needs_rehash(NOBODY)
    assert not is_right("", NOBODY)
    assert not is_right(PASSWORD, NOBODY)


@pytest.mark.parametrize(
    "phc",
    [
        "",
        "secret",
        "$argon2i$v=19$m=19456,t=2,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43,
        f"$argon2id$v=19$m={MOST_MEMORY_KIB + 1},t=2,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43,
        "$argon2id$v=19$m=19456,t=17,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43,
        "$argon2id$v=19$m=19456,t=0,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43,
        "$argon2id$v=19$m=19456,t=2,p=9$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43,
        "$argon2id$v=19$m=7,t=2,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43,
        "$argon2id$v=19$m=19456,t=2,p=1$d2VpciBub2JvZHkgaXMgaQ$" + "A" * 43 + "\n",
        "$argon2id$v=19$m=19456,t=2,p=1$???????????????$" + "A" * 43,
    ],
)
def test_what_is_no_hash_or_too_costly_is_never_right(phc: str) -> None:
    assert not is_hash(phc)
    assert not is_right(PASSWORD, phc)


def test_a_hash_with_other_parameters_is_verified_and_made_anew() -> None:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    weaker = Argon2id(salt=b"0123456789abcdef", length=32, iterations=1, lanes=1, memory_cost=1024)
    phc = weaker.derive_phc_encoded(PASSWORD.encode())
    assert is_right(PASSWORD, phc)
    assert needs_rehash(phc)


def test_a_password_has_bounds() -> None:
    assert problem_of("a" * MIN_LENGTH) == ""
    assert problem_of("a" * MAX_LENGTH) == ""
    assert "at least 8" in problem_of("a" * (MIN_LENGTH - 1))
    assert "at most 256" in problem_of("a" * (MAX_LENGTH + 1))
    assert "no text" in problem_of("12345678\0")
    assert "no text" in problem_of("12345678\ud800")
    with pytest.raises(ValueError, match="at least 8"):
        hash_password("short")


def test_a_password_beyond_the_bound_is_wrong_and_costs_nothing(phc: str) -> None:
    assert not is_right("a" * (MAX_LENGTH + 1), phc)


def test_other_threads_run_while_a_hash_is_computed(phc: str) -> None:
    """The library lets the interpreter's lock go: else a server would stand still for 40 ms."""
    hashing = threading.Thread(target=lambda: [is_right("wrong", phc) for _ in range(4)])
    hashing.start()
    turns = 0
    while hashing.is_alive():
        turns += 1
        time.sleep(0)
    assert turns > 50
