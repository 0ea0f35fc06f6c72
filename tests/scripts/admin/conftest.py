"""Admin scripts as processes, on the gateway of all tests of commands."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.upstream import Upstream
from tests.support.weir_gateway import Gateway
from tests.support.weir_up import WITHIN_S, environment

FOLDER = Path(__file__).resolve().parents[3] / "scripts" / "admin"


class Scripts:
    """Each is told of the gateway by its state directory, as on a machine where it runs."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", str(FOLDER / script), *arguments]
        named = [] if "--state" in arguments else ["--state", str(self._state)]
        return subprocess.Popen(
            [*command, *named],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment() | {"HOME": str(self._state), "XDG_CONFIG_HOME": str(self._state)},
        )

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(script, *arguments) as process:
            out, err = process.communicate(timeout=WITHIN_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def scripts(gateway: Gateway) -> Scripts:
    return Scripts(gateway.up.state)


class Traffic:
    """Requests for a host, one after another, until it is stopped."""

    def __init__(self, url: str, host: str) -> None:
        self._url = url
        self._host = host
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=WITHIN_S)

    def _run(self) -> None:
        with httpx.Client(headers={"Host": self._host}, timeout=30) as client:
            while not self._stopped.wait(0.01):
                client.get(self._url + "/")


@pytest.fixture
def traffic(gateway: Gateway) -> Iterator[Callable[[str], None]]:
    """Begins requests for a host."""
    running: list[Traffic] = []
    yield lambda host: running.append(Traffic(gateway.up.url, host))
    for each in running:
        each.stop()


@pytest.fixture
def service() -> Iterator[Callable[[int], str]]:
    """Starts a service that answers everything with a status; gives its URL."""
    running: list[Upstream] = []

    def start(status: int) -> str:
        answer = b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status
        running.append(Upstream(lambda _: answer).start())
        return running[-1].url

    yield start
    for each in running:
        each.stop()
