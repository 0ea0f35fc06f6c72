"""Makes ``.venv`` and installs the locked packages into it; ``make install`` runs it with the machine's Python.

Standard library only, since nothing is installed yet. Two steps: first the locked dependencies, with hashes; then Weir
itself, editable, without dependencies and without a build environment of its own, so that nothing unlocked ever runs.

Where a Python comes without pip and ensurepip (Debian splits them off), any pip or uv on the machine will do: the
system's pip works on another environment with ``--python``, and Debian keeps pip as a wheel that runs from the file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    "runtime": "requirements.lock",
    "test": "requirements-test.lock",
    "bench": "requirements-bench.lock",
    "deploy": "requirements-deploy.lock",
}
NO_PIP = (
    "{python} has neither pip nor ensurepip, and no uv was found: install one of them, for example with "
    '"apt-get install python3-venv" on Debian and Ubuntu or "dnf install python3-pip" on Fedora, then run make again.'
)
NO_VENV = (
    "{python} comes without the venv module: install it, for example with "
    '"apt-get install python3-venv" on Debian and Ubuntu, then run make again.'
)
WHEEL_FOLDERS = ("/usr/share/python-wheels", "/usr/share/python3-wheels")
MISLEADING = frozenset(
    [
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_CONSTRAINT",
        "PIP_REQUIRE_VIRTUALENV",
        "PYTHONPATH",
        "PYTHONHOME",
    ]
)
"""Variables that would install into another place, other versions, or not at all."""
QUIET = ("PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK")


class CannotInstall(Exception):
    """One sentence for the person at the keyboard."""


def main(arguments: list[str]) -> int:
    """``bootstrap.py [test|bench|deploy] [--venv DIR]``; a stamp in the environment makes a second run cost nothing."""
    kind = next((each for each in ("test", "bench", "deploy") if each in arguments), "runtime")
    folder = Path(arguments[arguments.index("--venv") + 1]) if "--venv" in arguments else ROOT / ".venv"
    try:
        install(folder, kind)
    except CannotInstall as error:
        print(f"make install: {error}", file=sys.stderr)
        return 2
    return 0


def install(folder: Path, kind: str) -> None:
    # What the other locks hold includes the runtime lock, so any stamp tells that Weir itself can run.
    wanted = {each: digest_of(each) for each in ("runtime", kind)}
    if (
        is_usable(folder)
        and stamp(folder, kind).is_file()
        and stamp(folder, kind).read_text() == wanted[kind]
    ):
        return
    python = make_environment(folder)
    pip = find_pip(python)
    print(f"installing the locked packages into {shown(folder)} (once)", flush=True)
    install_with(pip, "--require-hashes", "-r", str(ROOT / LOCKS[kind]))
    install_with(pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    for each, digest in wanted.items():
        stamp(folder, each).write_text(digest)


def digest_of(kind: str) -> str:
    """Changes when anything changes that the installation depends on."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in ("pyproject.toml", LOCKS[kind], "scripts/project/bootstrap.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp(folder: Path, kind: str) -> Path:
    return folder / f".installed-{kind}"


def shown(folder: Path) -> str:
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)


# The environment


def make_environment(folder: Path) -> Path:
    """The environment's Python; one whose Python is gone or is of another version is made anew."""
    if not is_usable(folder):
        try:
            import venv  # here, since some distributions split it off
        except ImportError as error:
            raise CannotInstall(NO_VENV.format(python=sys.executable)) from error
        try:
            venv.EnvBuilder(with_pip=False, clear=True, symlinks=True).create(folder)
        except OSError as error:
            raise CannotInstall(f"cannot make {shown(folder)}: {error}") from error
    return folder / "bin" / "python"


def is_usable(folder: Path) -> bool:
    python = folder / "bin" / "python"
    if not python.exists():
        return False
    show = "import sys; print(sys.version_info[:2])"
    done = subprocess.run([python, "-c", show], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() == str(sys.version_info[:2])


# pip


class Pip(NamedTuple):
    """One way to run pip for the environment."""

    probe: tuple[str, ...]
    """Succeeds where this way works."""
    command: tuple[str, ...]
    options: tuple[str, ...] = ()
    """Of ``install``."""


def find_pip(python: Path) -> Pip:
    """The first way that works on this machine."""
    for way in ways(python):
        if succeeds(way.probe):
            return way
    raise CannotInstall(NO_PIP.format(python=sys.executable))


def ways(python: Path) -> Iterator[Pip]:
    """From the usual to the last resort; lazily, as the second one installs pip where it can."""
    inside = (str(python), "-m", "pip")
    yield Pip((*inside, "--version"), inside)
    if importlib.util.find_spec("ensurepip"):
        yield Pip((str(python), "-m", "ensurepip", "--default-pip"), inside)
    # pip 22.3 and newer install into another environment than their own.
    for outside in ((sys.executable, "-m", "pip"), ("pip3",), ("pip",)):
        command = (*outside, "--python", str(python))
        yield Pip((*command, "--version"), command)
    for wheel in pip_wheels():
        command = (str(python), f"{wheel}/pip")
        yield Pip((*command, "--version"), command)
    yield Pip(("uv", "--version"), ("uv", "pip"), ("--python", str(python)))


def pip_wheels() -> list[Path]:
    """pip as a file that runs without being installed; the newest first."""
    folders = (sysconfig.get_config_var("WHEEL_PKG_DIR"), *WHEEL_FOLDERS)
    return sorted(
        {wheel for folder in folders if folder for wheel in Path(folder).glob("pip-*.whl")}, reverse=True
    )


def install_with(pip: Pip, *arguments: str) -> None:
    command = [*pip.command, "install", "-qq", *pip.options, *arguments]
    code = subprocess.run(command, env=environment(), check=False).returncode  # noqa: S603
    if code != 0:
        raise CannotInstall(f"the installation failed (exit code {code}); the reason is above")


def succeeds(command: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def environment() -> dict[str, str]:
    """Without settings that send packages elsewhere; mirrors, proxies and certificates of the machine stay."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    # A variable wins over the same word in a configuration file.
    return kept | dict.fromkeys(("PIP_USER", "PIP_REQUIRE_HASHES"), "0") | dict.fromkeys(QUIET, "1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
