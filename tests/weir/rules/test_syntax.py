"""The places a clause may stand in."""

from __future__ import annotations

from typing import get_args

from weir.rules.syntax import DEFAULTS, EVERYWHERE, RULE, UPSTREAM, Place


def test_everywhere_is_every_place() -> None:
    assert set(get_args(Place)) == EVERYWHERE == RULE | UPSTREAM | DEFAULTS
    assert not RULE & UPSTREAM & DEFAULTS
