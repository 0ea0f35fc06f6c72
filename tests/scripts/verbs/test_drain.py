from __future__ import annotations

import pytest

from scripts.api_command import Mistake
from scripts.verbs.drain import row, seconds_of
from tests.support.weir_gateway import Gateway
from weir.api.targets import TargetDrain, TargetNow

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = """\
upstream herbs { target http://127.0.0.1:9; target http://127.0.0.1:10 }
rule herbs { when path under "/herbs"; proxy herbs }
"""


def test_a_target_is_drained_listed_and_let_back(gateway: Gateway) -> None:
    gateway.publish(RULES)
    target = "http://127.0.0.1:9"
    ran = gateway.weir.run("drain", "herbs", target, "--for", "5m", "--reason", "new disk")
    assert (ran.code, ran.out) == (0, f"{target} is drained for 5 min\n"), ran
    listed = gateway.weir.run("drain").out
    assert "herbs" in listed
    assert "new disk" in listed
    assert gateway.weir.run("drain", "herbs", target, "--back").out == f"{target} is back in service\n"
    assert gateway.weir.run("drain").out == "no target is drained\n"
    assert gateway.weir.run("drain", "--json").json == {"items": []}


def test_a_target_that_is_none_is_said(gateway: Gateway) -> None:
    gateway.publish(RULES)
    ran = gateway.weir.run("drain", "herbs", "http://127.0.0.1:11")
    assert (ran.code, ran.err.startswith("weir drain: ")) == (2, True)
    assert gateway.weir.run("drain", "herbs").code == 2


def test_how_long_is_bounded() -> None:
    assert (seconds_of("1s"), seconds_of("7d")) == (1, 7 * 86_400)
    for text in ("0s", "8d", "soon"):
        with pytest.raises(Mistake):
            seconds_of(text)


def test_a_row_says_for_how_long_and_why() -> None:
    drain = TargetDrain(until_ms=0, left_s=61.0, since_ms=0, reason="r", author="ann", in_flight=None)
    target = TargetNow(
        owner="api",
        upstream="u",
        target="http://t",
        weight=1,
        out=False,
        why=(),
        nodes_out=0,
        since_ms=0,
        drained=drain,
    )
    assert row(target) == ("u", "api", "http://t", "1 min", "?", "ann", "r")
