"""Bringing the version on disk into service."""

import gc
from pathlib import Path

import gevent

from edge.versions.loader import NO_VERSION, Applied, Loader, Refused
from tests.support.in_process import InProcess
from tests.support.versions import write_version

RULES = 'rule a {{ when any; respond 200 "{}" }}'


def loader_of(edge: InProcess) -> Loader:
    return Loader(edge.engine, edge.reader, edge.upstreams)


def test_a_new_version_is_swapped_in_and_the_old_one_let_go(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    loader, old = loader_of(edge), edge.engine.snapshot
    write_version(edge.files, RULES.format(2), 2)
    applied = loader.load(("test", 2))
    assert isinstance(applied, Applied)
    assert (applied.number, applied.took_ms > 0) == (2, True)
    assert edge.ask("/").endswith(b"2")
    gevent.sleep(0.01)
    assert old.plans == {}


def test_an_old_snapshot_stays_whole_while_it_is_used(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    loader, old = loader_of(edge), edge.engine.snapshot
    old.users += 1
    write_version(edge.files, RULES.format(2), 2)
    loader.load()
    gevent.sleep(0.01)
    assert old.plans


def test_the_same_version_is_not_loaded_again(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    loader = loader_of(edge)
    loader.load(("test", 1))
    assert loader.load(("test", 1)) == Applied("test", 1, 0.0)


def test_the_same_number_with_other_content_is_loaded(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    loader = loader_of(edge)
    loader.load()
    write_version(edge.files, RULES.format("other"), 1)
    loader.load(("test", 1))
    assert edge.ask("/").endswith(b"other")


def test_what_cannot_be_loaded_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    for chunk in write_version(edge.files, RULES.format(2), 2).chunk_hashes():
        (tmp_path / "chunks" / chunk).unlink()
    outcome = loader_of(edge).load(("test", 2))
    assert isinstance(outcome, Refused)
    assert "missing" in outcome.reason
    assert edge.ask("/").endswith(b"1")


def test_a_version_that_is_refused_while_it_is_built_changes_no_upstream(tmp_path: Path) -> None:
    upstream = "upstream u {{ target http://127.0.0.1:1; target http://127.0.0.1:2; concurrency {}; {} }}\n"
    edge = InProcess(tmp_path, upstream.format(10, "eject after 2") + "rule r { when any; proxy u }")
    loader = loader_of(edge)
    assert isinstance(loader.load(), Applied)
    (served,) = edge.engine.snapshot.plans.values()
    (mine,) = served[0].upstreams()
    text = upstream.format(1, "eject after 9") + "rule r { when any; limit 1 per 1s by ip; proxy u }"
    write_version(edge.files, text, 2)
    outcome = loader.load(("test", 2))
    assert isinstance(outcome, Refused)
    assert "nothing counts its limits" in outcome.reason
    assert mine.gate is not None
    assert mine.gate.slots.limit == 10
    assert edge.upstreams.has(("file", "u"), mine)


def test_the_empty_configuration_has_no_rule(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    outcome = loader_of(edge).load(NO_VERSION)
    assert isinstance(outcome, Applied)
    assert edge.status("/") == 404


def test_collections_are_off_only_while_it_builds(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES.format(1))
    before = gc.get_freeze_count()
    loader_of(edge).load()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
