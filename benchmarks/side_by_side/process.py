"""Runs one program on one core, waits until it answers as it should, and stops it."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.side_by_side.work import SEEN, Work

GATEWAY_CORE, OTHER_CORE = "0", "1"
START_S, STOP_S = 180.0, 60.0
POLL_S = 0.02
ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """One sentence: a gateway did not start, or did not answer as it should, so nothing was measured."""


class Gateway(NamedTuple):
    name: str
    port: int
    pid: int
    publish: Callable[[Work], None]
    """Asks for another configuration while it runs; returns at once."""


@contextmanager
def started(
    command: Sequence[str],
    folder: Path,
    core: str = GATEWAY_CORE,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """What it prints goes to ``folder/output``. It and what it starts have one core."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", core, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=os.environ | (environment or {}),
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_ready(process: subprocess.Popen[bytes], port: int, folder: Path, mark: str) -> None:
    deadline = time.monotonic() + START_S
    while seen(port) != mark:
        if process.poll() is not None:
            raise Failed(f"it ended with exit code {process.returncode}: {_last_words(folder)}")
        if time.monotonic() > deadline:
            raise Failed(f"it did not answer with the header that it should set: {_last_words(folder)}")
        time.sleep(POLL_S)


def seen(port: int) -> str | None:
    """What the service behind says that the gateway set; "" if it was nothing, None without an answer of 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.headers.get(SEEN, "") if answer.status == 200 else None
    except (OSError, urllib.error.HTTPError):
        return None


def _last_words(folder: Path) -> str:
    lines = (folder / "output").read_bytes()[-2000:].decode(errors="replace").split("\n")
    return "; ".join(line.strip() for line in lines if line.strip(" ]"))[-400:] or "it said nothing"


def replace(path: Path, text: str) -> None:
    """As an editor saves: a new file takes the name."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text)
    beside.replace(path)
