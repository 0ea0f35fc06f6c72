"""The classes of the resources and the table of operations are about the same things."""

from __future__ import annotations

import re
from pathlib import Path

from weir.api.definitions import RESOURCES
from weir.api.operations import by_id
from weir.client import resources

IDS = re.compile(r'"([a-z]+(?:-[a-z]+)*\.[a-z_]+)"')
VERBS_OF_DEFINITIONS = ("list", "get", "replace", "delete")

FOR_OTHERS = {"openapi.get", "sessions.create", "sessions.delete"}
"""Of generators of clients, and of browsers."""


def called() -> set[str]:
    folder = Path(resources.__file__).parent
    written = {found for file in folder.glob("*.py") for found in IDS.findall(file.read_text())}
    composed = {f"{resource.plural}.{verb}" for resource in RESOURCES for verb in VERBS_OF_DEFINITIONS}
    return written | composed


def test_what_a_resource_calls_is_in_the_table() -> None:
    assert called() - by_id().keys() == set()


def test_what_a_program_needs_can_be_called() -> None:
    assert by_id().keys() - called() == FOR_OTHERS
