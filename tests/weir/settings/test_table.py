"""The table says who takes what, with sound rows."""

from __future__ import annotations

import re

from weir.settings.table import SETTINGS, settings_of


def names(process) -> list[str]:
    return [setting.name for setting in settings_of(process)]


def test_every_process_knows_its_state_directory_and_its_store():
    for process in ("up", "edge", "auth", "client"):
        assert {"state", "redis", "cluster"} <= set(names(process))


def test_everything_that_the_edge_takes_weir_up_takes_too():
    assert set(names("edge")) <= set(names("up"))


def test_every_row_is_a_sentence_that_somebody_needs():
    for setting in SETTINGS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", setting.name)
        assert setting.processes
        assert setting.help.endswith(".")
        assert "|" not in setting.help
        assert setting.default is not None or setting.default_text
