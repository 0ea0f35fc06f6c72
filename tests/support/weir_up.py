"""A real ``weir up`` in a state directory of the test's own, on ports that the kernel gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.wait import wait_until
from weir.processes import run_file

WITHIN_S = 90.0
"""For anything that starts or stops; reached only when something is broken."""


def environment() -> dict[str, str]:
    """Without settings of the person who runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}


class WeirUp:
    """``extra`` are further flags; what it prints goes to a file, so that it never waits for a reader."""

    def __init__(self, state: Path, *extra: str, cwd: Path | None = None) -> None:
        self.state = state
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        ports = [] if "--edge" in extra else ["--edge", "127.0.0.1:0"]
        command = [
            "--state",
            str(state),
            *ports,
            "--status",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--admin-workers",
            "1",
            "--auth",
            "127.0.0.1:0",
            "--demo",
            "127.0.0.1:0",
            "--workers",
            "1",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scripts.main", "up", *command, *extra],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=cwd,
        )

    def ready(self) -> WeirUp:
        """Waits for the addresses of this very process."""
        wait_until(self._is_ready, within_s=WITHIN_S, what="weir up")
        return self

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"weir up ended with {self.process.returncode}:\n{self.output()}"
        return (run_file.read(self.state / "run.json") or {}).get("pid") == self.process.pid

    @property
    def addresses(self) -> dict[str, Any]:
        content = run_file.read(self.state / "run.json")
        assert content is not None
        return content

    @property
    def url(self) -> str:
        url: str = self.addresses["edge"][0]
        return url

    @property
    def rules(self) -> Path:
        return self.state / "gateway.weir"

    def get(self, path: str, url: str = "") -> tuple[int, str]:
        """Status and body; 0 and the reason where no answer came."""
        try:
            with urllib.request.urlopen((url or self.url) + path, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def ready_facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.get("/readyz", self.addresses["status"])[1])
        return facts

    def output(self) -> str:
        """Everything printed so far, access log included."""
        # The child's writes moved the shared offset to the end; reading from 0 does not disturb them.
        return os.pread(self._output.fileno(), 1 << 20, 0).decode()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        return self.process.wait(timeout=WITHIN_S)

    def close(self) -> None:
        """Leaves nothing behind, whatever the test found."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._output.close()
