"""``weir secret``: the ring's file, and what the store says of its keys."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import RunningServer, server_folder, start_server, valkey_binary
from tests.support.weir_command import Commands, Ran
from weir.models.auth.records import Consumer, HmacKey
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import (
    ensure_ring,
    keep_edge_ring,
    new_key,
    read_ring,
    without_signing,
    write_ring,
)
from weir.store.connect import connect
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS, HMACS
from weir.store.records import Records
from weir.store.sealed import hmac_bound


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """As ``weir up`` leaves it."""
    state = tmp_path / "state"
    state.mkdir()
    keep_edge_ring(state / "edge-secrets.json", ensure_ring(state / "secrets.json"))
    return state


@pytest.fixture
def weir(state: Path, tmp_path: Path) -> Commands:
    return Commands(state, tmp_path)


def secrets_in(ran: Ran, state: Path) -> bool:
    """Whether anything of a key was printed."""
    content = (state / "secrets.json").read_text()
    keys = [line.split('"')[3] for line in content.splitlines() if '"key"' in line]
    assert keys
    return any(key in ran.out + ran.err for key in keys)


def test_the_keys_are_listed_without_showing_them(weir: Commands, state: Path) -> None:
    ran = weir.run("secret", "list")
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    assert lines[0].split() == ["ID", "PURPOSE", "FROM", "USE"]
    assert [line.split()[1] for line in lines[1:]] == ["node", "signing", "store", "tls"]
    assert all(line.endswith("seals and opens") for line in lines[1:])
    assert not secrets_in(ran, state)
    shown = weir.run("secret", "list", "--json")
    assert not secrets_in(shown, state)
    assert shown.json["file"] == str(state / "secrets.json")
    assert all(set(key) == {"id", "purpose", "created_ms", "seals"} for key in shown.json["keys"])


def test_a_rotation_adds_keys_of_all_purposes_and_the_edge_gets_its_own(weir: Commands, state: Path) -> None:
    ran = weir.run("secret", "rotate")
    assert (ran.code, len(ran.out.splitlines())) == (0, 5)
    assert not secrets_in(ran, state)
    keys = read_ring(state / "secrets.json")[0]
    assert len(keys) == 8
    assert read_ring(state / "edge-secrets.json")[0] == without_signing(keys)


def test_one_purpose_can_be_rotated_with_time_to_hand_the_ring_out(weir: Commands) -> None:
    added = weir.run("secret", "rotate", "--purpose", "store", "--after", "1h", "--json").json["keys"]
    assert [(key["purpose"], key["seals"]) for key in added] == [("store", False)]
    uses = [line.split(maxsplit=2)[1:] for line in weir.run("secret", "list").out.splitlines()[1:]]
    assert sum("opens, not begun" in rest for _, rest in uses) == 1
    assert weir.run("secret", "rotate", "--after", "31d").code == 2
    assert "no length of time" in weir.run("secret", "rotate", "--after", "soon").err


def test_a_ring_is_made_only_where_there_is_none(weir: Commands, tmp_path: Path) -> None:
    assert weir.run("secret", "create").code == 2
    file = tmp_path / "other.json"
    assert weir.run("secret", "create", "--secrets", str(file)).code == 0
    assert len(read_ring(file)[0]) == 4


def test_an_edge_gets_a_ring_without_signing_keys(weir: Commands, state: Path, tmp_path: Path) -> None:
    file = tmp_path / "edge.json"
    ran = weir.run("secret", "export", "--without", "signing", "--to", str(file))
    assert (ran.code, ran.out) == (0, f"{file} has 3 keys; it is for its owner only\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_ring(file)[0] == without_signing(read_ring(state / "secrets.json")[0])
    assert weir.run("secret", "export", "--to", str(state / "secrets.json")).code == 2
    everything = [each for name in ("store", "signing", "node", "tls") for each in ("--without", name)]
    assert "nothing would be left" in weir.run("secret", "export", "--to", str(file), *everything).err


def test_a_ring_that_is_missing_open_to_others_or_none_is_one_sentence(weir: Commands, state: Path) -> None:
    path = state / "secrets.json"
    path.chmod(0o644)
    ran = weir.run("secret", "list")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "run: chmod 600" in ran.err
    path.chmod(0o600)
    path.write_text("{}")
    assert "is no key ring" in weir.run("secret", "list").err
    path.unlink()
    assert "cannot be read: No such file" in weir.run("secret", "rotate").err


@pytest.mark.parametrize("action", ["check", "reseal"])
def test_without_a_store_it_says_how_to_name_one(weir: Commands, action: str) -> None:
    ran = weir.run("secret", action)
    assert (ran.code, "use --redis URL, or start weir up" in ran.err) == (2, True)
    assert weir.run("secret", action, "--redis", "unix:///nowhere/s").code == 3


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with server_folder() as folder:
        server = start_server(folder, valkey_binary())
        yield server
        server.stop()


@pytest.fixture
def sealed(weir: Commands, state: Path, server: RunningServer) -> Records[HmacKey]:
    """One secret in the store; commands know the store."""
    server.admin().flushall()
    weir.variables["WEIR_REDIS"] = server.url
    client, keys = connect(server.url), Keys("default")
    Records(client, keys, CONSUMERS).create(Consumer(name="alice", created_ms=1))
    data = KeyRing.read(state / "secrets.json").seal("store", b"a", hmac_bound("h1"))
    records = Records(client, keys, HMACS)
    records.create(HmacKey(id="h1", consumer="alice", sealed=data, created_ms=1))
    return records


def ids(state: Path, purpose: str) -> list[str]:
    return [key.id for key in read_ring(state / "secrets.json")[0] if key.purpose == purpose]


def test_a_key_goes_only_when_nothing_is_sealed_with_it(
    weir: Commands, state: Path, sealed: Records[HmacKey]
) -> None:
    (old,) = ids(state, "store")
    assert "rotate first" in weir.run("secret", "remove", old).err
    weir.run("secret", "rotate", "--purpose", "store")
    refused = weir.run("secret", "remove", old)
    assert (refused.code, f"{old} seals 1 of what" in refused.err) == (1, True)
    assert weir.run("secret", "reseal").out == "sealed again in the store: 1\n"
    assert weir.run("secret", "reseal", "--json").json == {"resealed": 0, "closed": []}
    assert weir.run("secret", "remove", old, "--json").json == {"removed": old}
    assert old not in ids(state, "store")
    kept = sealed.get("h1")
    assert kept is not None
    assert KeyRing.read(state / "edge-secrets.json").open("store", kept.record.sealed, "hmac:h1") == b"a"
    assert weir.run("secret", "remove", "nothing").code == 2


def test_a_check_finds_what_does_not_open(weir: Commands, state: Path, sealed: Records[HmacKey]) -> None:
    (used,) = ids(state, "store")
    fine = weir.run("secret", "check", "--json")
    assert (fine.code, fine.json["sealed"][used], fine.json["closed"]) == (0, 1, [])
    assert ", 1 opened with" in weir.run("secret", "check").out
    foreign = KeyRing([new_key("store")]).seal("store", b"a", hmac_bound("h2"))
    sealed.create(HmacKey(id="h2", consumer="alice", sealed=foreign, created_ms=1))
    found = weir.run("secret", "check")
    assert found.code == 1
    assert "hmac:h2: the key ring" in found.out
    assert found.out.endswith(f"1 opened with {state / 'secrets.json'}, 1 did not\n")
    assert weir.run("secret", "check", "--json").code == 1


def test_what_does_not_open_stays_and_the_rest_is_sealed_again(
    weir: Commands, state: Path, sealed: Records[HmacKey]
) -> None:
    foreign = KeyRing([new_key("store")]).seal("store", b"a", hmac_bound("h0"))
    sealed.create(HmacKey(id="h0", consumer="alice", sealed=foreign, created_ms=1))
    weir.run("secret", "rotate")
    found = weir.run("secret", "reseal")
    assert found.code == 1
    assert "hmac:h0: the key ring" in found.out
    assert found.out.endswith("sealed again in the store: 1\n")
    assert weir.run("secret", "reseal", "--json").json["resealed"] == 0
    write_ring(state / "secrets.json", [new_key("tls")])
    assert "has no key for store" in weir.run("secret", "reseal").out
