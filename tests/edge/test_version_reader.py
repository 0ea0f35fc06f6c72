"""The version on disk and what it means."""

from pathlib import Path

import pytest

from edge.pace import Pace
from edge.version_files import VersionFiles
from edge.version_reader import Unreadable, VersionReader
from tests.support.versions import write_version

RULES = """
upstream u { target http://127.0.0.1:1 }
rule a { when any; proxy u 1, http://127.0.0.1:2 1 }
"""


def test_routes_pools_and_settings(tmp_path: Path) -> None:
    files = VersionFiles(tmp_path)
    write_version(files, "defaults { max body 5B }\n" + RULES, 3)
    parts = VersionReader(files).read(Pace())
    assert parts is not None
    assert parts.manifest.number == 3
    assert [route.name for one in parts.sets for route in one.routes] == ["a"]
    assert set(parts.pools) == {("file", "u"), ("file", "http://127.0.0.1:2")}
    assert parts.settings.max_body == 5


def test_nothing_on_disk_is_none(tmp_path: Path) -> None:
    assert VersionReader(VersionFiles(tmp_path)).read(Pace()) is None
    assert VersionReader(VersionFiles(tmp_path)).identity() is None


def test_what_did_not_change_is_the_same_object(tmp_path: Path) -> None:
    files = VersionFiles(tmp_path)
    reader = VersionReader(files)
    write_version(files, RULES, 1)
    first = reader.read(Pace())
    write_version(files, RULES, 2)
    second = reader.read(Pace())
    assert first is not None
    assert second is not None
    assert all(one is two for one, two in zip(first.sets, second.sets, strict=True))


def test_a_missing_chunk_is_said(tmp_path: Path) -> None:
    files = VersionFiles(tmp_path)
    for chunk in write_version(files, RULES, 1).chunk_hashes():
        (tmp_path / "chunks" / chunk).unlink()
    with pytest.raises(Unreadable, match="missing"):
        VersionReader(files).read(Pace())


def test_a_chunk_that_goes_because_a_newer_version_came_is_no_error(tmp_path: Path) -> None:
    class Overtaken(VersionFiles):
        """The agent writes version 2 between the manifest and the chunks of version 1."""

        def chunk(self, chunk: str) -> bytes:
            if not overtaken:
                overtaken.append(True)
                write_version(VersionFiles(tmp_path), RULES.replace("rule a", "rule b"), 2)
                (tmp_path / "chunks" / chunk).unlink()
            return super().chunk(chunk)

    overtaken: list[bool] = []
    write_version(VersionFiles(tmp_path), RULES, 1)
    parts = VersionReader(Overtaken(tmp_path)).read(Pace())
    assert parts is not None
    assert parts.manifest.number == 2
