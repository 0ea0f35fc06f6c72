from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule fig { when path == "/fig"; respond 200 "fig" }\n'


def test_a_difference_is_shown_and_is_exit_code_1(gateway: Gateway, written: Path) -> None:
    written.write_text(RULES)
    ran = gateway.weir.run("diff", str(written))
    assert ran.code == 1
    assert ran.out.splitlines()[-2:] == [f"+{RULES.strip()}", "1 added"]
    assert gateway.weir.run("diff", str(written), "--json").json["changes"][0]["name"] == "fig"


def test_no_difference_is_exit_code_0(gateway: Gateway, written: Path) -> None:
    gateway.publish(RULES)
    written.write_text("# The same, otherwise written.\n" + RULES.replace("; ", "\n"))
    assert gateway.weir.run("diff", str(written)).code == 1
    written.write_text(RULES.replace("; ", "\n"))
    assert gateway.weir.run("diff", str(written)) == (0, "no difference\n", "")


def test_a_file_that_cannot_be_published_is_exit_code_2(gateway: Gateway, written: Path) -> None:
    written.write_text("rule fig {")
    ran = gateway.weir.run("diff", str(written))
    assert (ran.code, str(written) in ran.err) == (2, True)


def test_a_viewer_may_ask(gateway: Gateway, written: Path) -> None:
    token = gateway.weir.run("token", "create", "who-compares").out.strip()
    written.write_text(RULES.replace("fig", "date"))
    ran = gateway.weir.run("diff", str(written), "--token", token)
    assert (ran.code, "+rule date" in ran.out) == (1, True)
    before = gateway.client.config.get().etag
    assert gateway.client.config.difference(written.read_text()).etag == before
    assert gateway.weir.run("apply", str(written), "--dry-run", "--token", token).code == 2
