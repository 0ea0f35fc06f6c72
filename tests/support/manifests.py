"""The manifests as objects: ``install.yaml``, and what kubectl makes of the overlays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.project.manifests import MANIFESTS, rendered
from tests.support.parts import find
from tests.support.tree import ROOT

Thing = dict[str, Any]
OVERLAYS = sorted(path.name for path in (MANIFESTS / "overlays").iterdir())
OLDEST_KUBECTL = "1.27"


def kubectl() -> str:
    """Skips the test without it, in CI too: that of Debian 12 is too old to know components."""
    found = find("kubectl")
    if found is None:
        pytest.skip(f"needs kubectl {OLDEST_KUBECTL} or newer, which is not installed on this machine")
    return str(found)


def overlay(name: str) -> list[Thing]:
    return things(rendered(MANIFESTS / "overlays" / name, kubectl()))


def installed() -> list[Thing]:
    return things((MANIFESTS / "install.yaml").read_text())


def things(text: str) -> list[Thing]:
    return [each for each in yaml.safe_load_all(text) if each]


def one(every: list[Thing], kind: str, name: str) -> Thing:
    return next(each for each in every if each["kind"] == kind and each["metadata"]["name"].startswith(name))


def pods(every: list[Thing]) -> Iterator[tuple[Thing, Thing]]:
    """What makes pods, and the spec of its pods."""
    for each in every:
        if each["kind"] in ("DaemonSet", "Deployment", "StatefulSet", "Job"):
            yield each, each["spec"]["template"]["spec"]


def image_settings() -> dict[str, str]:
    """Variables of the image, of the last stage of the Dockerfile."""
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2].replace("\\\n", " ")
    lines = [line for line in last.splitlines() if line.startswith("ENV ")]
    return dict(word.split("=", 1) for line in lines for word in line.split()[1:])


def source(path: str) -> Path:
    return ROOT / path
