from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule mint { when path == "/mint" and header("X-A") == "1"; respond 200 "mint" }\n'


def test_what_is_served_is_explained(gateway: Gateway) -> None:
    number = gateway.publish(RULES)
    ran = gateway.weir.run("explain", "http://h.example.com/mint", "-H", "X-A: 1")
    assert (ran.code, ran.err) == (0, f"version {number}\n")
    assert "Rule mint answers." in ran.out
    assert "Rule demo answers." in gateway.weir.run("explain", "http://h.example.com/mint").out


def test_a_curl_command_will_do(gateway: Gateway) -> None:
    gateway.publish(RULES)
    curl = "curl 'http://h.example.com/mint' -H 'X-A: 1'"
    ran = gateway.weir.run("explain", "--curl", curl, "--json")
    assert (ran.code, ran.json["number"]) == (0, gateway.client.versions.list().items[0].number)
    assert "Rule mint answers." in ran.json["text"]
    assert gateway.weir.run("explain", "--curl", "-", stdin=curl).code == 0


def test_an_earlier_version_and_a_draft_are_explained(gateway: Gateway, written: Path) -> None:
    number = gateway.publish(RULES)
    gateway.publish("language 1\n")
    request = ("http://h.example.com/mint", "-H", "X-A: 1")
    assert "Rule mint" in gateway.weir.run("explain", *request, "--version", str(number)).out
    written.write_text(RULES)
    assert "Rule mint" in gateway.weir.run("explain", *request, "--draft", str(written)).out
    written.write_text("rule mint {")
    ran = gateway.weir.run("explain", *request, "--draft", str(written))
    assert (ran.code, str(written) in ran.err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["--curl", "wget x"], ["http://h/", "-H", "x"], ["http://h/", "--curl", "curl h"]],
)
def test_what_is_no_request_is_refused(gateway: Gateway, arguments: list[str]) -> None:
    ran = gateway.weir.run("explain", *arguments)
    assert ran.code == 2
    assert ran.err.startswith("weir explain: ")
