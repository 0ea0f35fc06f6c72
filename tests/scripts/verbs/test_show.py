from __future__ import annotations

import pytest

from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = """\
language 1

upstream grove { target http://127.0.0.1:9 }

group fruit {
    when host == "fruit.example.com"

    rule lime { when path == "/lime"; proxy grove }
}
rule lemon { when path == "/lemon"; respond 200 "lemon" }
"""


def test_everything_is_shown_by_owner_and_one_owner_as_it_can_be_applied(gateway: Gateway) -> None:
    gateway.publish(RULES)
    out = gateway.weir.run("show").out
    assert out.index("# Owner file") < out.index("# Owner api")
    assert "k8s" not in out
    alone = gateway.weir.run("show", "--owner", "api").out
    assert "lemon" in alone
    assert gateway.weir.run("apply", "-", "--dry-run", stdin=alone).out == "no difference\n"


def test_the_tag_for_a_later_apply_is_in_the_json(gateway: Gateway) -> None:
    gateway.publish(RULES)
    (shown,) = gateway.weir.run("show", "--owner", "api", "--json").json["items"]
    assert shown["etag"] == gateway.client.config.text().etag
    assert shown["document"]["definitions"][0]["name"] == "grove"


def test_an_earlier_version_is_shown(gateway: Gateway) -> None:
    number = gateway.publish(RULES)
    gateway.publish("language 1\n")
    assert "lemon" in gateway.weir.run("show", "--owner", "api", "--version", str(number)).out
    assert gateway.weir.run("show", "rules", "--version", str(number)).code == 2


def test_definitions_of_a_kind_are_listed_and_filtered(gateway: Gateway) -> None:
    gateway.publish(RULES)
    out = gateway.weir.run("show", "rules", "--owner", "api").out
    assert "# api: fruit/lime\nrule lime {" in out
    assert "# api: lemon\n" in out
    assert "lemon" not in gateway.weir.run("show", "rules", "--host", "fruit.example.com").out
    found = gateway.weir.run("show", "rules", "-q", "LEMON", "--json").json["items"]
    assert [item["name"] for item in found] == ["lemon"]
    assert gateway.weir.run("show", "limits", "--tag", "x").code == 2


def test_one_definition_is_shown_with_its_tag(gateway: Gateway) -> None:
    gateway.publish(RULES)
    assert gateway.weir.run("show", "rules", "fruit/lime").out.startswith("rule lime {")
    shown = gateway.weir.run("show", "upstreams", "grove", "--json").json
    assert (shown["owner"], shown["definition"]["kind"]) == ("api", "upstream")
    ran = gateway.weir.run("show", "rules", "nowhere")
    assert ran.code == 2
    assert 'there is no "nowhere" among the rules' in ran.err


def test_a_kind_that_is_none_is_refused(gateway: Gateway) -> None:
    assert gateway.weir.run("show", "fruits").code == 2
