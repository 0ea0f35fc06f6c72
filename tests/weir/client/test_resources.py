"""The classes of the resources and the table of operations are about the same things."""

from __future__ import annotations

import re
from pathlib import Path

from weir.api.operations import by_id
from weir.client import resources

IDS = re.compile(r'"([a-z]+(?:-[a-z]+)*\.[a-z_]+)"')


def called() -> set[str]:
    folder = Path(resources.__file__).parent
    return {found for file in folder.glob("*.py") for found in IDS.findall(file.read_text())}


def test_what_a_resource_calls_is_in_the_table() -> None:
    assert called() - by_id().keys() == set()
