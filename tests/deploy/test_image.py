"""The Dockerfile without an engine: its own instructions in a mount namespace, and what comes of them as its user.

What is not shown: the base image (the machine's Python takes its place), and that an engine reads the file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dockerfile import Instruction, ignored_except, stages
from tests.support.manifests import image_settings
from tests.support.parts import need
from tests.support.tree import ROOT, tracked
from tests.support.wait import wait_until

BUILD, LAST = stages(ROOT / "Dockerfile")
NOBODY = 10001
BASE = "/media"
"""Where the base image's Python is seen: any empty folder that every system has."""


def test_the_recipe_is_two_stages_of_one_pinned_python() -> None:
    assert [stage[0].rest for stage in (BUILD, LAST)] == ["${PYTHON} AS build", "${PYTHON}"]
    arguments = [
        line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("ARG PYTHON=")
    ]
    assert arguments[0].count(".") == 2, "a version to the last number"


def test_it_is_not_root_and_says_how_it_is_well() -> None:
    found = {each.word: each.rest for each in LAST}
    assert found["USER"] == "10001:10001"
    assert found["ENTRYPOINT"] == '["weir"]'
    assert "weir.processes.probe" in found["HEALTHCHECK"]
    assert {"WEIR_STATE", "WEIR_EDGE", "WEIR_STATUS", "WEIR_ADMIN", "WEIR_AUTH"} <= image_settings().keys()


def test_what_goes_into_it_is_what_the_project_is_made_of() -> None:
    """And nothing else: no test, no secret, no version control."""
    let = {name for name in ignored_except(ROOT / ".dockerignore") if "*" not in name}
    packages = {path.parts[0] for path in tracked("*.py") if len(path.parts) > 1} - {"tests", "benchmarks"}
    assert packages <= let
    assert let - packages == {"pyproject.toml", "requirements.lock", "README.md", "LICENSE"}


@pytest.fixture
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that is /opt in the image."""
    need("unshare")
    if os.geteuid() != 0:
        pytest.skip("needs to be root: a mount namespace of its own")
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    context, opt, source, programs = (folder / name for name in ("context", "opt", "src", "bin"))
    for each in (context, opt, source, programs):
        each.mkdir()
    # A script, not a link: an environment would remember where the link stands, and nobody may go there.
    (programs / "python").write_text(f'#!/bin/sh\nexec {BASE}/bin/python3 "$@"\n')
    (programs / "python").chmod(0o755)
    for name in ignored_except(ROOT / ".dockerignore"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).is_file():
            shutil.copy(ROOT / name, context / name)
    variables: dict[str, str] = {}
    for instruction in BUILD[1:]:
        step(instruction, folder, variables)
    yield folder
    shutil.rmtree(folder)


def step(instruction: Instruction, folder: Path, variables: dict[str, str]) -> None:
    word, rest = instruction
    if word == "ENV":
        variables.update(each.split("=", 1) for each in rest.split())
    elif word == "COPY":
        *what, _ = rest.split()
        for name in what:
            shutil.copytree(
                folder / "context" / name, folder / "src", dirs_exist_ok=True
            ) if name == "." else shutil.copy(folder / "context" / name, folder / "src" / name)
    elif word == "RUN":
        inside(folder, f"cd /src 2>/dev/null || mkdir -p /src; cd /src; {rest}", variables)
    else:
        assert word == "WORKDIR", f"the test does not know {word}"


def inside(folder: Path, script: str, variables: dict[str, str]) -> None:
    mounts = f"mount --bind {folder}/opt /opt && mount --bind {sys.base_prefix} {BASE} && "
    mounts += f"mkdir -p {folder}/root && mount -t tmpfs none /mnt && "
    mounts += f"mkdir /mnt/src && mount --bind {folder}/src /mnt/src && "
    script = script.replace("/src", "/mnt/src")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounts + script],
        env={"PATH": f"{folder}/bin:/usr/bin:/bin", "HOME": f"{folder}/root", **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.chaos
def test_it_runs_as_nobody_on_a_read_only_root(built: Path) -> None:
    """The image's own command and health check; only the state and /tmp can be written."""
    copies = [each.rest for each in LAST if each.word == "COPY"]
    assert copies == ["--from=build /opt/weir /opt/weir"]
    state = built / "state"
    state.mkdir()
    os.chown(state, NOBODY, NOBODY)
    as_nobody = (
        f"exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups --no-new-privs --bounding-set -all"
    )
    script = f"""
        mount --bind {built}/opt /opt; mount --bind {sys.base_prefix} {BASE}; mkdir -p /var/lib/weir
        mount --bind {state} /var/lib/weir
        mount -t tmpfs none /tmp; mount --bind -o remount,ro /opt; mount -o remount,ro,bind /
        cd /var/lib/weir
    """
    settings = {
        **image_settings(),
        "WEIR_EDGE": "127.0.0.1:0",
        "WEIR_STATUS": "127.0.0.1:0",
        "WEIR_WORKERS": "1",
    }
    settings["PATH"] = "/opt/weir/bin:/usr/bin:/bin"
    settings["LD_LIBRARY_PATH"] = f"{BASE}/lib"  # where this machine's Python has a library of its own
    nowhere = {"WEIR_REDIS": "redis://127.0.0.1:1"}

    def as_image(command: str, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as file:
            return subprocess.Popen(
                ["unshare", "-m", "sh", "-ec", f"{script}\n{as_nobody} {command}"],
                env={**settings, **nowhere}, stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip

    tries = as_image(
        "sh -c 'touch /opt/weir/x /var/x /root/x 2>&1; touch /tmp/x /var/lib/weir/x && id -u'",
        built / "tries",
    )
    assert tries.wait(20) == 0
    said = (built / "tries").read_text()
    assert said.count("Read-only file system") + said.count("Permission denied") == 3
    assert said.endswith(f"{NOBODY}\n")
    edge = as_image("weir edge", built / "edge.log")
    try:
        run = state / "run.json"
        wait_until(lambda: run.exists() or edge.poll() is not None, what="the edge in its image", within_s=60)
        assert edge.poll() is None, (built / "edge.log").read_text()
        status = json.loads(run.read_text())["status"]
        well = as_image(f"python -m weir.processes.probe {status}/healthz", built / "probe.log")
        assert well.wait(30) == 0, (built / "probe.log").read_text()
    finally:
        edge.terminate()
        code = edge.wait(60)
    assert code == 0
    assert as_image("weir --version", built / "version.log").wait(30) == 0
    assert not (built / "opt/weir/bin/pip").exists(), "what installs is not in the image"
