from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")

DOUBTFUL = 'upstream idle { target http://127.0.0.1:9 }\nrule a { when path == "/a"; respond 200 }\n'


def test_what_is_served_is_looked_at(gateway: Gateway) -> None:
    assert gateway.weir.run("lint").out.endswith(": fine\n")
    number = gateway.publish(DOUBTFUL)
    ran = gateway.weir.run("lint")
    assert ran.code == 1
    assert f'api@{number}:3:1: warning: upstream "idle" is not used' in ran.out
    assert ran.out.endswith(f"api@{number}: 1 warning\n")


def test_a_draft_is_looked_at_without_being_published(gateway: Gateway, written: Path) -> None:
    written.write_text(DOUBTFUL)
    ran = gateway.weir.run("lint", str(written), "--json")
    assert (ran.code, ran.json["warnings"], ran.json["number"]) == (1, 1, 0)
    assert "idle" not in gateway.client.config.text().text
