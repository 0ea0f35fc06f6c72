"""The version on disk and what it means."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.versions.files import VersionFiles
from edge.versions.pace import Pace
from edge.versions.reader import Unreadable, VersionReader
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


PIECES = (
    "defaults { max body 5B }",
    "defaults { max body 6B; timeout try 3s }",
    'define inside = ip in ["10.0.0.0/8"]',
    'define inside = ip in ["192.168.0.0/16"]',
    "limit gold { 5 per 1s }",
    "limit gold { 6 per 1s; 7 per 1h }",
    "upstream u { target http://127.0.0.1:1 }",
    "upstream u { target http://127.0.0.1:2 }",
    'upstream "http://127.0.0.1:3" { target http://127.0.0.1:4 }',
    "group g { when not any; rule a { respond 200 }; rule b { proxy http://127.0.0.1:5 } }",
    "group g { when any; proxy http://127.0.0.1:3 }",
    "rule r { when inside; limit gold; proxy u }",
    "rule s { proxy http://127.0.0.1:3; mirror http://127.0.0.1:6 }",
    "rule t { proxy http://127.0.0.1:3 }",
)
NAMES = [piece.split(" {")[0].split(" =")[0] for piece in PIECES]
NEEDED = (2, 4, 6)
"""What others refer to; there is always one of each."""


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Definitions in any order, far enough apart to come into several chunks."""
    chosen = {NAMES[at]: PIECES[at] for at in (*NEEDED, *draw(st.lists(st.integers(0, len(PIECES) - 1))))}
    filler = [f'rule f{number} {{ when path == "/{number}"; respond 200 }}' for number in range(200)]
    found = filler[: draw(st.integers(0, 200))]
    for piece in chosen.values():
        found.insert(draw(st.integers(0, len(found))), piece)
    return "\n".join(found)


@given(st.lists(rules(), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_version_after_others_means_what_it_means_by_itself(versions: list[str]) -> None:
    with TemporaryDirectory() as directory:
        files = VersionFiles(Path(directory))
        reader = VersionReader(files)
        for number, text in enumerate(versions, 1):
            write_version(files, text, number)
            assert reader.read(Pace()) == VersionReader(files).read(Pace())


def test_only_the_chunk_that_changed_is_read(tmp_path: Path) -> None:
    class Counting(VersionFiles):
        def chunk(self, chunk: str) -> bytes:
            asked.append(chunk)
            return super().chunk(chunk)

    asked: list[str] = []
    many = "\n".join(f"rule r{number} {{ when any; respond 200 }}" for number in range(600))
    reader = VersionReader(Counting(tmp_path))
    write_version(VersionFiles(tmp_path), many, 1)
    reader.read(Pace())
    assert len(asked) > 3
    asked.clear()
    write_version(VersionFiles(tmp_path), many.replace("r77 { when any", "r77 { when not any"), 2)
    reader.read(Pace())
    assert len(asked) == 1
