"""``make lock``: writes requirements.lock, and one for each extra that has its own, from pyproject.toml.

All hold exact versions and hashes for every platform and every supported Python, and nothing else: no index, no
address, no local path. So they install the same from any mirror, and pip refuses what is not the very same file.

It runs with any Python >= 3.11; uv is installed into a temporary environment for it and is no dependency of Weir.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "requirements.lock"
EXTRAS = {
    "test": ROOT / "requirements-test.lock",
    "bench": ROOT / "requirements-bench.lock",
    "deploy": ROOT / "requirements-deploy.lock",
}
COMPILE = (
    "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
    "--no-emit-find-links", "--no-strip-extras", "--quiet",
)  # fmt: skip


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        uv = install_uv(folder / "venv")
        build = folder / "build.in"
        # The project is installed without build isolation, so its build backend is locked too.
        build.write_text("\n".join(build_requirements()) + "\n")
        upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
        compile_lock(uv, RUNTIME, ["pyproject.toml", str(build), *upgrade])
        for extra, lock in EXTRAS.items():
            compile_lock(
                uv, lock, ["pyproject.toml", str(build), "--extra", extra, "-c", str(RUNTIME), *upgrade]
            )
    for lock in (RUNTIME, *EXTRAS.values()):
        found = addresses_in(lock.read_text())
        if found:
            print(f"{lock.name} names an address and must not be committed: {found[0]}", file=sys.stderr)
            return 1
        print(f"{lock.name}: {lock.read_text().count('==')} packages")
    return 0


def build_requirements() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        requires: list[str] = tomllib.load(file)["build-system"]["requires"]
    return requires


def install_uv(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "uv"], check=True)  # noqa: S603
    return folder / "bin" / "uv"


def compile_lock(uv: Path, lock: Path, inputs: list[str]) -> None:
    """An existing lock keeps its versions unless pyproject.toml or ``--upgrade`` asks for others."""
    command = [str(uv), *COMPILE, "--output-file", str(lock), *inputs]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "UV_NO_CONFIG": "1"})  # noqa: S603


def addresses_in(text: str) -> list[str]:
    """Lines that would tie the lock to one registry or one machine."""
    return [
        line for line in text.splitlines() if "://" in line or line.startswith(("-", "/")) or " @ " in line
    ]


if __name__ == "__main__":
    sys.exit(main())
