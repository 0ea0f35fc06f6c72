"""Attacks on signed requests: each changes what was signed, says less of it, or shows another's signature."""

from __future__ import annotations

import base64
import hashlib
import hmac as stdlib_hmac
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.auth.methods import hmac as method
from tests.support.signed import ASKED, KEY_ID, SECRET, SignedRequest, merged
from tests.support.signing_edge import SigningEdge

SIGNED = SignedRequest()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> SigningEdge:
    """It holds up nobody."""
    made = SigningEdge(tmp_path_factory.mktemp("edge"))
    made.engine.auth.throttle.allow(0)
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"target": "/orders?page=3"},
        {"target": "/orders"},
        {"target": "/orders?page=2&admin=1"},
        {"target": "/admin?page=2"},
        {"target": "/x/../orders?page=2"},
        {"target": "//orders?page=2"},
        {"target": "/%6frders?page=2"},
        {"host": "b.test"},
        {"host": "a.test:81"},
    ],
    ids=repr,
)
def test_the_signature_of_another_request(edge: SigningEdge, changes: dict[str, Any]) -> None:
    assert edge.verdict(SIGNED) == "ok"
    assert edge.why(SIGNED.but_sends(**changes)) == "the signature is not one of this request with that key"


@pytest.mark.parametrize("name", [*ASKED, "content-digest"])
def test_a_component_that_must_be_covered_is_not(edge: SigningEdge, name: str) -> None:
    covered = tuple(each for each in ASKED if each != name)
    request = SignedRequest(body=b"x", covered=covered, digest=name != "content-digest")
    assert edge.why(request) == f"the signature does not cover {name}"


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (("X-A", "1"), ("X-A", "2"), ("X-A", "2")),
        (("X-A", "2"), ("X-A", "1")),
        (("X-A", "1"),),
        (("X_A", "1"), ("X-A", "2")),
        (("X-A", "1"), ("X-A", "2"), ("Connection", "x-a")),
    ],
    ids=repr,
)
def test_a_covered_header_is_removed_repeated_reordered(
    edge: SigningEdge, fields: tuple[tuple[str, str], ...]
) -> None:
    request = SignedRequest(fields=(("X-A", "1"), ("X-A", "2")), covered=(*ASKED, "x-a"))
    assert edge.verdict(request) == "ok"
    assert edge.verdict(request.but_sends(fields=fields)) == "credential-invalid"


def test_a_replay_outside_the_window(edge: SigningEdge) -> None:
    now = int(time.time())
    assert edge.verdict(SignedRequest(created=now - 310)) == "credential-expired"
    assert edge.verdict(SignedRequest(created=now - 310, more=";expires=99999999999")) == "credential-expired"
    assert edge.verdict(SignedRequest(created=now + 120)) == "credential-invalid"
    assert edge.verdict(SignedRequest(more=f";expires={now - 1}")) == "credential-expired"


def test_times_that_were_changed_are_not_signed(edge: SigningEdge) -> None:
    old = SignedRequest(created=int(time.time()) - 310)
    fresh = old.signature_fields()[0][1].replace(f"created={old.created}", f"created={int(time.time())}")
    assert (
        edge.why(old.but_sends(signature_input=fresh))
        == "the signature is not one of this request with that key"
    )


@pytest.mark.parametrize("algorithm", ["none", "hmac-sha1", "rsa-pss-sha512", "ed25519", "HMAC-SHA256", ""])
def test_another_algorithm(edge: SigningEdge, algorithm: str) -> None:
    assert edge.verdict(SignedRequest(more=f';alg="{algorithm}"')) == "credential-invalid"


def test_a_shorter_or_longer_digest(edge: SigningEdge) -> None:
    base = SIGNED.base(SIGNED.params)
    full = stdlib_hmac.digest(SECRET, base, "sha256")
    wrong = [
        b"",
        full[:1],
        full[:16],
        full[:-1],
        full + b"\0",
        stdlib_hmac.digest(SECRET, base, "sha512"),
    ]
    for value in wrong:
        encoded = base64.b64encode(value).decode()
        assert edge.verdict(SIGNED.but_sends(signature=f"sig1=:{encoded}:")) == "credential-invalid"


def test_no_secret_and_the_hash_of_the_secret_are_other_keys(edge: SigningEdge) -> None:
    for secret in (b"", b"\0" * 32, hashlib.sha256(SECRET).digest(), KEY_ID.encode()):
        assert edge.verdict(SignedRequest(secret=secret)) == "credential-invalid"


def test_labels_join_and_mean_nothing(edge: SigningEdge) -> None:
    """A signature under the label of another is not one of it; the same label twice is refused."""
    one, two = SignedRequest(label="a"), SignedRequest(label="b", target="/orders?page=3")
    (_, input_one), (_, value_one) = one.signature_fields()
    (_, input_two), (_, value_two) = two.signature_fields()
    swapped = value_one.replace("a=", "b=", 1) + ", " + value_two.replace("b=", "a=", 1)
    sent = SIGNED.but_sends(signature_input=f"{input_one}, {input_two}", signature=swapped)
    assert edge.verdict(sent) == "credential-invalid"
    twice = SIGNED.but_sends(signature_input=f"{input_one}, {input_one}", signature=value_one)
    assert "twice" in edge.why(twice)
    twice = SIGNED.but_sends(signature_input=input_one, signature=f"{value_one}, {value_one}")
    assert "twice" in edge.why(twice)
    missing = SIGNED.but_sends(signature_input=input_one, signature=value_two)
    assert "under a label" in edge.why(missing)


def test_two_lines_of_a_field_are_one(edge: SigningEdge) -> None:
    one, two = SignedRequest(label="a"), SignedRequest(label="b", key_id="unknown")
    (_, input_one), (_, value_one) = one.signature_fields()
    (_, input_two), (_, value_two) = two.signature_fields()
    lines = (("Signature-Input", input_two), ("Signature", value_two))
    sent = SignedRequest().but_sends(fields=lines, signature_input=input_one, signature=value_one)
    assert edge.verdict(sent) == "ok"
    lines = (("Signature-Input", input_one), ("Signature", value_one))
    sent = SignedRequest().but_sends(fields=lines, signature_input=input_one, signature=value_one)
    assert "twice" in edge.why(sent)


@pytest.mark.parametrize(
    "key_id",
    [
        'x";alg="none',
        "x\\",
        "../store",
        "hmac:partner-1",
        "partner-1 ",
        "PARTNER-1",
        "*",
    ],
)
def test_parameters_cannot_be_smuggled_in(edge: SigningEdge, key_id: str) -> None:
    assert edge.verdict(SignedRequest(key_id=key_id)) == "credential-invalid"


def test_a_component_name_cannot_forge_lines_of_the_base(edge: SigningEdge) -> None:
    for name in ('@method": GET\n"@path', 'x"', "x\\n", "x y", "x:y"):
        wire = SIGNED.but_sends(signature_input=f'sig1=("{name}");created=1;keyid="{KEY_ID}"')
        assert edge.verdict(wire.wire()) in ("credential-invalid", "malformed-request")


def test_only_one_of_the_two_fields(edge: SigningEdge) -> None:
    (input_, value) = SIGNED.signature_fields()
    for name, text in (input_, value):
        wire = f"GET / HTTP/1.1\r\nHost: a.test\r\n{name}: {text}\r\n\r\n".encode()
        assert edge.verdict(wire) == "credential-invalid"


def test_the_key_of_another_consumer(edge: SigningEdge) -> None:
    edge.credentials.hmac_key("mallory-1", b"of mallory", consumer="mallory")
    stolen = SignedRequest(secret=b"of mallory")
    assert edge.verdict(stolen) == "credential-invalid"
    (_, params), _ = SignedRequest(key_id="mallory-1", secret=b"of mallory").signature_fields()
    assert edge.verdict(stolen.but_sends(signature_input=params)) == "credential-invalid"
    assert b"X-Who: mallory\r\n" in edge.ask(SignedRequest(key_id="mallory-1", secret=b"of mallory").wire())


def test_a_secret_that_was_moved_to_another_record_does_not_open(tmp_path: Path) -> None:
    edge = SigningEdge(tmp_path)
    moved = edge.credentials.hmac_key("mallory-1", SECRET)
    edge.credentials.put(msgspec.structs.replace(moved, id=KEY_ID))
    assert edge.verdict(SIGNED) == "credentials-unavailable"


def test_signatures_are_compared_in_constant_time(edge: SigningEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return False

    monkeypatch.setattr(method, "compare_digest", compare)
    assert edge.verdict(SIGNED) == "credential-invalid"
    assert len(compared) == 1


def test_guesses_are_held_up_and_who_signs_well_is_not(tmp_path: Path) -> None:
    edge = SigningEdge(tmp_path)
    assert edge.verdict(SIGNED) == "ok"
    verdicts = [edge.verdict(SignedRequest(key_id=f"guess-{number}")) for number in range(30)]
    assert verdicts[:20] == ["credential-invalid"] * 20
    assert verdicts[-1] == "too-many-failures"
    assert edge.verdict(SIGNED) == "ok"
    assert edge.verdict(merged(SignedRequest(label="a", key_id="guess-99"), SIGNED)) == "ok"


def test_no_byte_of_what_is_signed_can_be_changed(edge: SigningEdge) -> None:
    """Nor of what says how it is signed; and each alone."""
    signed = SignedRequest(
        fields=(("Date", "today"),),
        covered=(*ASKED, "date"),
        created=int(time.time()),
        more=';nonce="n";expires=99999999999',
    )
    wire = signed.wire()
    assert edge.verdict(wire) == "ok"
    parts = ["GET", "/orders?page=2", "a.test", "today", signed.signature_fields()[0][1]]
    for part in parts:
        start = wire.index(part.encode())
        for at in range(start, start + len(part)):
            changed = bytearray(wire)
            changed[at] ^= 1
            assert edge.verdict(bytes(changed)) != "ok", bytes(changed)
