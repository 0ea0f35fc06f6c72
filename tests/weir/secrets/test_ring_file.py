"""The file of a key ring: whole, for its owner only, and refused with a sentence that shows nothing of it."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from weir.secrets import ring_file
from weir.secrets.errors import BadRing
from weir.secrets.ring_file import (
    EDGE_PURPOSES,
    KEY_BYTES,
    MAX_BYTES,
    MAX_KEYS,
    PURPOSES,
    ensure_ring,
    keep_edge_ring,
    mark_of,
    new_key,
    read_keys,
    read_ring,
    without_signing,
    write_ring,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


def test_a_new_ring_has_a_key_for_every_purpose_and_is_for_its_owner(path: Path) -> None:
    keys = ensure_ring(path)
    assert tuple(key.purpose for key in keys) == PURPOSES
    assert all(len(key.key) == KEY_BYTES for key in keys)
    assert len({key.key for key in keys}) == len(keys)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ensure_ring(path) == keys == read_ring(path)[0]


def test_the_file_has_the_form_that_is_documented(path: Path) -> None:
    ensure_ring(path)
    content = json.loads(path.read_text())
    assert list(content) == ["keys"]
    assert all(sorted(key) == ["created_ms", "id", "key", "purpose"] for key in content["keys"])


def test_a_purpose_that_is_new_gets_a_key_and_nothing_else_changes(path: Path) -> None:
    before = (new_key("store"), new_key("later"))
    write_ring(path, before)
    after = ensure_ring(path)
    assert after[:2] == before
    assert [key.purpose for key in after[2:]] == ["signing", "node", "tls"]


def test_of_several_that_make_one_at_once_one_counts(path: Path) -> None:
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(ensure_ring(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [read_ring(path)[0]] * 8
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610])
def test_a_file_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    ensure_ring(path)
    path.chmod(mode)
    with pytest.raises(BadRing, match=f"may be read by others .mode {mode:o}.; run: chmod 600"):
        read_ring(path)


@pytest.mark.parametrize(("mode", "fine"), [(0o440, True), (0o640, True), (0o444, False), (0o460, False)])
def test_a_file_of_roots_may_be_read_by_a_group_as_kubernetes_mounts_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, fine: bool
) -> None:
    ensure_ring(path)
    content = path.read_bytes()
    seen = os.stat_result((stat.S_IFREG | mode, 1, 1, 1, 0, 0, len(content), 0, 0, 0))
    monkeypatch.setattr(ring_file.os, "fstat", lambda _fd: seen)
    monkeypatch.setattr(ring_file.os, "geteuid", lambda: 1000)
    if fine:
        assert len(read_ring(path)[0]) == len(PURPOSES)
    else:
        with pytest.raises(BadRing):
            read_ring(path)


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_ring(path)
    seen = os.stat_result((stat.S_IFREG | 0o600, 1, 1, 1, 12345, 0, 1, 0, 0, 0))
    monkeypatch.setattr(ring_file.os, "fstat", lambda _fd: seen)
    with pytest.raises(BadRing, match="belongs to another user"):
        read_ring(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRing, match="cannot be read"):
        read_ring(tmp_path)
    with pytest.raises(BadRing, match="cannot be read: No such file"):
        read_ring(tmp_path / "none")
    with pytest.raises(BadRing, match="cannot be read"):
        mark_of(tmp_path / "none")


SECRET = "c2VjcmV0"


def entry(**changed: object) -> dict[str, object]:
    return {"id": "a1", "purpose": "store", "key": "A" * 43 + "=", "created_ms": 1} | changed


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no key ring"),
        (b"\xff\xfe", "is no key ring"),
        (b"[]", "is no key ring"),
        (json.dumps({"keys": [entry(key=SECRET)]}).encode(), "entry 1 .* is no key of 32 bytes"),
        (json.dumps({"keys": [entry(key=SECRET + "!")]}).encode(), "is no key ring"),
        (json.dumps({"keys": [entry(), entry(id="../x")]}).encode(), "entry 2 .* is no key"),
        (json.dumps({"keys": [entry(id="")]}).encode(), "entry 1"),
        (json.dumps({"keys": [entry(purpose="a b")]}).encode(), "entry 1"),
        (json.dumps({"keys": [entry(), entry()]}).encode(), "two keys of the same id"),
        (b" " * (MAX_BYTES + 1), "larger than"),
        (
            json.dumps({"keys": [entry(id=f"a{n}") for n in range(MAX_KEYS + 1)]}).encode(),
            "more than 1000 keys",
        ),
    ],
)
def test_what_is_no_ring_is_refused_without_showing_it(content: bytes, why: str) -> None:
    with pytest.raises(BadRing, match=why) as refused:
        read_keys(content, "here")
    assert SECRET not in str(refused.value)


def test_as_many_keys_as_may_be_are_read() -> None:
    content = json.dumps({"keys": [entry(id=f"a{n}") for n in range(MAX_KEYS)]}).encode()
    assert len(read_keys(content, "here")) == MAX_KEYS


def test_the_edges_ring_lacks_signing_and_is_written_only_when_it_differs(path: Path) -> None:
    keys = ensure_ring(path)
    edge = path.with_name("edge.json")
    keep_edge_ring(edge, keys)
    assert tuple(key.purpose for key in read_ring(edge)[0]) == EDGE_PURPOSES
    mark = mark_of(edge)
    keep_edge_ring(edge, keys)
    assert mark_of(edge) == mark
    keep_edge_ring(edge, [*keys, new_key("store")])
    assert mark_of(edge) != mark
    assert without_signing(keys) == read_ring(edge)[0][:3]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRing, match="cannot be written"):
        write_ring(tmp_path / "none" / "ring.json", [])
    with pytest.raises(BadRing, match="cannot be written"):
        ensure_ring(tmp_path / "none" / "ring.json")
