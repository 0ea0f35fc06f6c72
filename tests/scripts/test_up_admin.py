from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import up_admin
from scripts.up_admin import kept_token, sign_in
from tests.support.servers import server_folder, start_server, valkey_binary
from weir.store.access_tokens import AccessTokens
from weir.store.connect import Client, connect
from weir.store.keys import Keys

KEYS = Keys("test")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with server_folder() as folder:
        server = start_server(folder, valkey_binary())
        client = connect(server.url)
        yield client
        client.close()
        server.stop()


def test_a_token_is_made_once_and_kept_for_its_owner_only(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    first = kept_token(path, client, KEYS)
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_token(path, client, KEYS) == first
    assert path.read_text() == text
    known = AccessTokens(client, KEYS).get(first)
    assert known is not None
    assert (known.name, known.role) == ("weir up", "admin")


def test_a_revoked_token_is_replaced(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    first = kept_token(path, client, KEYS)
    AccessTokens(client, KEYS).remove(first, force=True)
    assert kept_token(path, client, KEYS) != first


def test_a_file_with_something_else_in_it_is_replaced(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    path.write_bytes(b"\xff nonsense")
    token = kept_token(path, client, KEYS)
    assert path.read_text().startswith(f"weirt_{token}_")


def test_a_token_near_its_end_is_rotated(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "admin.token"
    monkeypatch.setattr(up_admin, "LIFE_S", 60)
    first = kept_token(path, client, KEYS)
    second = kept_token(path, client, KEYS)
    assert second != first
    assert AccessTokens(client, KEYS).get(first) is None


def test_a_store_that_is_away_is_said_and_stops_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    assert sign_in(tmp_path, "redis://127.0.0.1:1", "test", said.append) == ""
    assert said[0].startswith("note: there is no access token for the admin API yet: ")
