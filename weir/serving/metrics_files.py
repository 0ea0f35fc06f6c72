"""Where the workers of one process count together: prometheus-client's files, one of each kind for each worker.

The files live as long as the process: they are emptied when it starts. What a worker counted stays when it ends, added
up in one file for all that have ended, so that sums never fall and files do not pile up. Whoever reads or adds up holds
a lock on the folder for that time.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator, MutableMapping
from pathlib import Path

VARIABLES = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
"""How prometheus-client is told; it looks when it is first imported."""
ENDED = "ended"
"""In place of a process id in the name of a file: of all workers that have ended."""
ADDED_UP = ("counter", "histogram")
LOCK = "lock"
WAIT_S = 1.0
"""For who reads; what cannot be added up by then stays as it is, which is as right."""

log = logging.getLogger("weir.metrics")


def choose_folder(environ: MutableMapping[str, str], folder: Path | None) -> None:
    """Before anything imports prometheus-client; None counts in memory."""
    for name in VARIABLES:
        environ.pop(name, None)
    if folder is not None:
        environ[VARIABLES[0]] = str(folder)


def empty_folder(folder: Path) -> None:
    """Before the first worker starts, by who holds the state directory. OSError if that cannot be done."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob("*.db"):
        path.unlink()


def worker_ended(folder: Path, pid: int) -> None:
    """Adds up what it counted, and forgets what held while it ran. Never raises: a process goes on without."""
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB, WAIT_S):
            for path in folder.glob(f"gauge_live*_{pid}.db"):
                path.unlink()
            for kind in ADDED_UP:
                _add_up(folder / f"{kind}_{pid}.db", folder / f"{kind}_{ENDED}.db")
    except OSError as error:
        log.warning("what the worker %d counted stays in its own files: %s", pid, error)


def exposition(folder: Path, more: bytes = b"") -> bytes:
    """All that the workers counted, in the text format of Prometheus, and ``more`` from elsewhere."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    with _locked(folder, fcntl.LOCK_SH, 0.0):
        return generate_latest(registry) + more


def _add_up(one: Path, ended: Path) -> None:
    from prometheus_client.mmap_dict import MmapedDict

    if not one.exists():
        return
    values = MmapedDict.read_all_values_from_file(str(one))  # type: ignore[no-untyped-call]
    total = MmapedDict(str(ended))  # type: ignore[no-untyped-call]
    try:
        for key, value, _, _ in values:
            before, _ = total.read_value(key)  # type: ignore[no-untyped-call]
            total.write_value(key, before + value, 0.0)  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        # Half an entry of a worker that was killed: every reading would stumble over it.
        log.warning("what %s counted last is lost: %s", one.name, error)
    finally:
        total.close()  # type: ignore[no-untyped-call]
    one.unlink()


@contextlib.contextmanager
def _locked(folder: Path, kind: int, wait_s: float) -> Iterator[None]:
    """Raises BlockingIOError where a lock that may not block is not had in time."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, kind)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)
