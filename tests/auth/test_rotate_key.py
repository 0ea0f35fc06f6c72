from __future__ import annotations

from pathlib import Path

import pytest

from auth.rotate_key import rotate_key
from tests.support.auth_server import ISSUER, InProcessAuth
from tests.support.servers import RunningServer
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import ensure_ring
from weir.store.connect import Client


def environ(store: RunningServer, ring: Path) -> dict[str, str]:
    return {"WEIR_REDIS": store.url, "WEIR_SECRETS": str(ring), "WEIR_CLUSTER": "test"}


@pytest.mark.parametrize("forget", [False, True])
def test_a_new_key_signs_and_the_old_ones_may_be_forgotten(
    client: Client, store: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], forget: bool
) -> None:
    ring = tmp_path / "ring.json"
    ensure_ring(ring)
    before = InProcessAuth(client, ring=KeyRing.read(ring)).services.signing
    old = before.sign({"iss": ISSUER}, "at+jwt")
    assert rotate_key(["--forget"] if forget else [], environ(store, ring)) == 0
    kid = capsys.readouterr().out.strip()
    after = InProcessAuth(client, ring=KeyRing.read(ring)).services.signing
    new = after.sign({"iss": ISSUER}, "at+jwt")
    assert [key["kid"] for key in after.public_set()["keys"]][-1] == kid
    assert (after.verify(old, "at+jwt") is None) is forget
    assert after.verify(new, "at+jwt") is not None
    assert len(after.public_set()["keys"]) == (1 if forget else 2)


def test_a_key_that_nobody_can_open_is_replaced(client: Client, store: RunningServer, tmp_path: Path) -> None:
    InProcessAuth(client).services.signing.upkeep()
    ring = tmp_path / "ring.json"
    ensure_ring(ring)
    assert rotate_key([], environ(store, ring)) == 0
    signing = InProcessAuth(client, ring=KeyRing.read(ring)).services.signing
    assert signing.verify(signing.sign({"iss": ISSUER}, "at+jwt"), "at+jwt") is not None


def test_without_a_server_there_is_nothing_to_rotate(
    client: Client, store: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = tmp_path / "ring.json"
    ensure_ring(ring)
    assert rotate_key([], environ(store, ring)) == 2
    assert "no weir auth has run on this store yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"WEIR_REDIS": "", "WEIR_STATE": "/nothing"}, 2, "no store was given, and no weir up runs"),
        ({"WEIR_SECRETS": "", "WEIR_STATE": "/nothing"}, 2, "/nothing/secrets.json"),
        ({"WEIR_REDIS": "redis://127.0.0.1:1"}, 3, "the store does not answer"),
        ({"WEIR_SECRETS": "/nothing"}, 2, "/nothing"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    store: RunningServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    code: int,
    said: str,
) -> None:
    ring = tmp_path / "ring.json"
    ensure_ring(ring)
    assert rotate_key([], environ(store, ring) | changed) == code
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
