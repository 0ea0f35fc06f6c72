"""The version stands in one place; what repeats it is in step."""

import re
import tomllib
from importlib import metadata

from tests.support.tree import ROOT


def test_the_installed_version_is_the_projects() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert metadata.version("weir") == content["project"]["version"]


def test_the_changelog_begins_with_what_is_not_released_yet_or_with_this_version() -> None:
    first = re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first is not None
    assert first[1].split(" ")[0] in {"Unreleased", metadata.version("weir")}


def test_the_oldest_python_is_the_same_everywhere() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert content["project"]["requires-python"] == ">=3.11"
    assert content["tool"]["ruff"]["target-version"] == "py311"
    assert content["tool"]["mypy"]["python_version"] == "3.11"
    assert "(3, 11)" in (ROOT / "Makefile").read_text()
