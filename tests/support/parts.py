"""Real parts that a test needs and a machine may lack: redis-server, nginx.

A missing part skips the test with its name. In CI every part is installed, so there a missing one is a failure:
otherwise a broken installation step would quietly turn tests off.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where distributions put servers; a normal user's PATH often lacks them."""


def need(program: str) -> Path:
    """The program's path; without it, the test is skipped, or fails where ``CI=true``."""
    found = find(program)
    if found is not None:
        return found
    message = f"needs {program}, which is not installed on this machine"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"{message}; in CI every part must be there", pytrace=False)
    pytest.skip(message)


def find(program: str) -> Path | None:
    """Like ``shutil.which``, and in the folders of system programs too."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    found = shutil.which(program, path=path)
    return Path(found) if found else None
