"""The node's disk: whole versions only, damage is found, nothing is left behind."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from edge.versions import files as version_files
from edge.versions.files import ChunkMissing, Identity, VersionFiles
from weir.models.version import Manifest


def chunk(text: str) -> tuple[str, bytes]:
    content = text.encode() * 50
    return hashlib.sha256(content).hexdigest(), content


A, B, C = chunk("a"), chunk("b"), chunk("c")


def manifest(number: int, *chunks: tuple[str, bytes]) -> Manifest:
    return Manifest(
        incarnation="inc",
        number=number,
        parent=number - 1,
        author="alice",
        time_ms=1_000,
        chunks={"file": tuple(name for name, _ in chunks)},
    )


@pytest.fixture
def files(tmp_path: Path) -> VersionFiles:
    return VersionFiles(tmp_path / "node" / "version")


def test_an_empty_directory_holds_no_version(files):
    assert files.manifest() is None
    assert files.identity() is None
    assert not files.has(A[0])


def test_a_written_version_is_read_back_by_another_reader(files):
    files.write(manifest(1, A, B), "h1", dict([A, B]))
    reader = VersionFiles(files.directory)
    assert reader.manifest() == manifest(1, A, B)
    assert reader.identity() == Identity("inc", 1, "h1")
    assert [reader.chunk(name) for name in manifest(1, A, B).chunk_hashes()] == [A[1], B[1]]


def test_only_chunks_that_are_not_there_are_missing(files):
    files.write(manifest(1, A), "h1", dict([A]))
    assert files.missing(manifest(2, A, B)) == (B[0],)


def test_chunks_go_one_version_after_their_last_use(files):
    files.write(manifest(1, A), "h1", dict([A]))
    files.write(manifest(2, B), "h2", dict([B]))
    assert files.has(A[0]), "a reader of version 1 may still be at it"
    files.write(manifest(3, C), "h3", dict([C]))
    assert not files.has(A[0])
    assert {path.name for path in (files.directory / "chunks").iterdir()} == {B[0], C[0]}


def test_directories_are_private_and_files_too(files):
    files.write(manifest(1, A), "h1", dict([A]))
    paths = [files.directory, *files.directory.rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_file()} == {"0o600"}


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda _: b"", lambda data: b"x" + data[1:]])
def test_a_damaged_chunk_counts_as_missing_and_is_said(files, caplog, damage):
    files.write(manifest(1, A, B), "h1", dict([A, B]))
    path = files.directory / "chunks" / A[0]
    path.write_bytes(damage(path.read_bytes()))
    assert files.missing(manifest(1, A, B)) == (A[0],)
    with pytest.raises(ChunkMissing):
        files.chunk(A[0])
    assert "damaged" in caplog.text


def test_a_damaged_chunk_is_replaced_by_the_next_write(files):
    files.write(manifest(1, A), "h1", dict([A]))
    (files.directory / "chunks" / A[0]).write_bytes(b"rubbish")
    files.write(manifest(1, A), "h1", dict([A]))
    assert files.chunk(A[0]) == A[1]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda _: b"", lambda data: data + b"x"])
def test_a_damaged_manifest_is_no_manifest(files, caplog, damage):
    files.write(manifest(1, A), "h1", dict([A]))
    path = files.directory / "manifest"
    path.write_bytes(damage(path.read_bytes()))
    assert files.manifest() is None
    assert "damaged" in caplog.text


def test_a_chunk_whose_name_lies_is_not_written(files):
    with pytest.raises(ValueError, match="does not have the content"):
        files.write(manifest(1, A), "h1", {A[0]: b"something else"})
    assert files.manifest() is None


@pytest.mark.parametrize("name", ["../manifest", "", "x" * 64, "A" * 64])
def test_a_name_that_is_no_hash_is_never_a_path(files, name):
    files.write(manifest(1, A), "h1", dict([A]))
    assert not files.has(name)


def test_a_manifest_over_the_bound_is_ignored(files, monkeypatch):
    files.write(manifest(1, A), "h1", dict([A]))
    size = (files.directory / "manifest").stat().st_size
    monkeypatch.setattr(version_files, "MAX_MANIFEST", size)
    assert files.manifest() is not None
    monkeypatch.setattr(version_files, "MAX_MANIFEST", size - 1)
    assert files.manifest() is None


def test_what_a_killed_writer_left_is_removed_by_the_next(files):
    files.write(manifest(1, A), "h1", dict([A]))
    left = files.directory / "chunks" / (B[0] + ".new")
    left.write_bytes(b"half")
    files.write(manifest(2, A), "h2", {})
    assert not left.exists()


def test_a_disk_that_refuses_leaves_the_version_before(files):
    files.write(manifest(1, A), "h1", dict([A]))
    (files.directory / "chunks" / (B[0] + ".new")).mkdir()  # whatever makes the write fail
    with pytest.raises(OSError):
        files.write(manifest(2, B), "h2", dict([B]))
    assert files.identity() == Identity("inc", 1, "h1")
    assert files.chunk(A[0]) == A[1]


def test_forgetting_removes_everything(files):
    files.forget()
    files.write(manifest(1, A), "h1", dict([A]))
    files.forget()
    assert files.manifest() is None
    assert not files.has(A[0])


def test_readers_see_whole_versions_while_one_writes(files):
    files.write(manifest(1, A), "h1", dict([A]))
    done = threading.Event()
    broken: list[str] = []

    def reader() -> None:
        while not done.is_set():
            seen = VersionFiles(files.directory).manifest()
            if seen is None:
                broken.append("no manifest")
            elif seen.number % 2 != (seen.chunks["file"] == (A[0],)):
                broken.append(f"version {seen.number} with the chunks of another")

    thread = threading.Thread(target=reader)
    thread.start()
    for number in range(2, 60):
        content = A if number % 2 else B
        files.write(manifest(number, content), f"h{number}", dict([content]))
    done.set()
    thread.join()
    assert broken == []
