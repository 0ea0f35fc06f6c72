"""What all scripts that people copy have in common."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import scripts.admin

NAMES = sorted(
    path.stem for path in Path(scripts.admin.__file__).parent.glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("name", NAMES)
def test_the_gateway_of_this_machine_is_found_as_the_command_finds_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = importlib.import_module(f"scripts.admin.{name}").parser
    monkeypatch.delenv("WEIR_STATE", raising=False)
    assert parser().get_default("state") == ".weir"
    monkeypatch.setenv("WEIR_STATE", "/var/lib/weir")
    assert parser().get_default("state") == "/var/lib/weir"
