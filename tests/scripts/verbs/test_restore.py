from __future__ import annotations

import pytest

from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule kiwi { when path == "/kiwi"; respond 200 "kiwi" }\n'


def test_an_earlier_version_is_served_again_as_a_new_one(gateway: Gateway) -> None:
    good = gateway.publish(RULES)
    gateway.publish("language 1\n")
    ran = gateway.weir.run("restore", str(good), "--yes")
    assert ran.code == 0, ran
    assert "1 added\npublished as version" in ran.out
    assert gateway.up.get("/kiwi") == (200, "kiwi")
    assert gateway.client.versions.list().items[0].message == f"Restored version {good}"


def test_what_is_there_already_needs_no_version(gateway: Gateway) -> None:
    number = gateway.publish(RULES)
    ran = gateway.weir.run("restore", str(number))
    assert (ran.code, "nothing changes" in ran.out) == (0, True)


def test_a_version_that_is_not_kept_is_said(gateway: Gateway) -> None:
    ran = gateway.weir.run("restore", "999999", "--yes")
    assert (ran.code, "999999" in ran.err) == (2, True)
