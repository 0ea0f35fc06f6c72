"""Containers without an engine: their commands as processes, with their variables; paths, ports and addresses adjusted.

What a container sees at ``/etc/weir`` and so on is a folder of the test's; every port is one that the kernel gives.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.manifests import image_settings
from tests.support.wait import wait_until
from tests.support.weir_up import environment

LISTENERS = (
    "WEIR_EDGE",
    "WEIR_STATUS",
    "WEIR_ADMIN",
    "WEIR_ADMIN_METRICS",
    "WEIR_AUTH",
    "WEIR_AUTH_METRICS",
)
RUN_FILES = {"edge": "run.json", "admin": "admin/run.json", "auth": "auth/run.json"}
POD_ADDRESS = "10.1.2.3"
"""What a probe calls a pod by."""


class Container:
    """``folders`` says where a path of the container is; ``store`` is where its store really listens."""

    def __init__(
        self, args: Sequence[str], variables: Mapping[str, str], folders: Mapping[str, Path], store: str = ""
    ) -> None:
        self.folders = dict(folders)
        given = {**image_settings(), **variables}
        self.state = self.folders.get(given["WEIR_STATE"], Path(given["WEIR_STATE"]))
        self.variables = {
            name: self._adjusted(name, value, store) for name, value in given.items() if name != "PATH"
        }
        self.args = [self.moved(each) for each in args]
        self.process: subprocess.Popen[bytes] | None = None
        self._log = self.state.parent / f"{self.state.name}.log"

    def moved(self, text: str) -> str:
        for path, folder in self.folders.items():
            text = re.sub(rf"^{re.escape(path)}(?=/|$)", str(folder), text)
        return text

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """As ``kubectl exec`` and ``docker compose exec`` do it, or the container's own command to its end."""
        command = [sys.executable, "-P", "-m", "scripts.main", *(args or self.args)]
        return subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=60)

    def start(self) -> Container:
        self.state.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "scripts.main", *self.args],
                env=self._environment(), stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self

    def address(self, which: str = "") -> str:
        """``http://127.0.0.1:port``, once it is known; of a node also ``status``."""
        return str(wait_until(lambda: self._found(which or self.args[0]), what=self.args[0], within_s=60))

    def answers(self, path: str, which: str = "") -> tuple[int, str]:
        """As a probe asks: by the pod's address."""
        base = self.address(which)
        request = urllib.request.Request(
            base + path, headers={"Host": f"{POD_ADDRESS}:{base.rpartition(':')[2]}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_for(self, path: str, which: str = "") -> None:
        wait_until(lambda: self.answers(path, which)[0] == 200, what=f"{self.args[0]} {path}", within_s=60)

    def stop(self, within_s: float = 60) -> int:
        """As the engine does it: SIGTERM."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within_s)
        finally:
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        return self._log.read_text()

    def _found(self, which: str) -> str | None:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.args} ended:\n{self.said()}"
        file = self.state / RUN_FILES[self.args[0]]
        content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        found = content.get(which)
        return found[0] if isinstance(found, list) else found

    def _adjusted(self, name: str, value: str, store: str) -> str:
        if name in LISTENERS:
            return "127.0.0.1:0"
        if name == "WEIR_REDIS":
            return re.sub(r"@[^@/]+$", f"@{store}", value.strip())
        return self.moved(value)

    def _environment(self) -> dict[str, str]:
        return {**environment(), "PYTHONPATH": os.getcwd(), **self.variables}  # noqa: PTH109
