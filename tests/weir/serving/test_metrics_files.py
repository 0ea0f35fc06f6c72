"""Several processes count together: what a dead one counted stays, what held while it ran goes, files do not pile
up."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.weir_up import environment
from weir.serving import metrics_files
from weir.serving.metrics_files import choose_folder, empty_folder, exposition, worker_ended

WORKER = """
import os, sys
from pathlib import Path
from weir.serving.metrics_files import choose_folder
choose_folder(os.environ, Path(sys.argv[1]))
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
registry = CollectorRegistry()
Counter("done_total", "d", ("what",), registry=registry).labels("it").inc(3)
Histogram("took_seconds", "t", buckets=(1, 2), registry=registry).observe(1.5)
Gauge("open", "o", registry=registry, multiprocess_mode="livesum").set(7)
print(os.getpid())
"""


def counted(folder: Path) -> int:
    """A process that counts and ends; its id."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(folder)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def value(folder: Path, name: str) -> float | None:
    found = [line.split()[-1] for line in exposition(folder).decode().splitlines() if line.startswith(name)]
    return float(found[0]) if found else None


def test_sums_go_on_when_workers_end_and_one_file_of_each_kind_is_left(tmp_path: Path) -> None:
    empty_folder(tmp_path)
    first, second = counted(tmp_path), counted(tmp_path)
    assert (value(tmp_path, "done_total"), value(tmp_path, "open")) == (6.0, 14.0)
    worker_ended(tmp_path, first)
    assert (value(tmp_path, "done_total"), value(tmp_path, "open")) == (6.0, 7.0)
    worker_ended(tmp_path, second)
    assert (value(tmp_path, "done_total"), value(tmp_path, "open")) == (6.0, None)
    assert value(tmp_path, 'took_seconds_bucket{le="2.0"}') == 2.0
    assert value(tmp_path, 'took_seconds_bucket{le="1.0"}') == 0.0
    assert value(tmp_path, "took_seconds_sum") == 3.0
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["counter_ended.db", "histogram_ended.db"]


def test_a_worker_that_counted_nothing_ends_too(tmp_path: Path) -> None:
    worker_ended(tmp_path, 1)
    assert exposition(tmp_path, b"more 1\n") == b"more 1\n"


def test_half_a_file_of_a_killed_worker_stops_no_scrape(tmp_path: Path) -> None:
    pid = counted(tmp_path)
    path = tmp_path / f"counter_{pid}.db"
    whole = path.read_bytes()
    path.write_bytes((30).to_bytes(4, sys.byteorder) + whole[4:])
    worker_ended(tmp_path, pid)
    assert not path.exists()
    assert value(tmp_path, "took_seconds_count") == 1.0


def test_what_cannot_be_added_up_now_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_files, "WAIT_S", 0.02)
    pid = counted(tmp_path)
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        worker_ended(tmp_path, pid)
        assert value(tmp_path, "done_total") == 3.0
    finally:
        os.close(descriptor)
    worker_ended(tmp_path, pid)
    assert value(tmp_path, "done_total") == 3.0


def test_a_start_begins_at_0(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "metrics"
    empty_folder(folder)
    counted(folder)
    empty_folder(folder)
    assert exposition(folder) == b""
    assert folder.stat().st_mode & 0o777 == 0o700


def test_without_a_folder_nobody_elses_is_written_to(tmp_path: Path) -> None:
    environ = {"PROMETHEUS_MULTIPROC_DIR": "/somewhere", "prometheus_multiproc_dir": "/else", "HOME": "/h"}
    choose_folder(environ, None)
    assert environ == {"HOME": "/h"}
    choose_folder(environ, tmp_path)
    assert environ["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path)
