from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from scripts.diagnosis import Finding
from scripts.terminal.start_screen import COLOURED, Style
from scripts.verbs.doctor import busy_ports, is_alive, lines, of_ports, of_store
from tests.support.ports import free_port
from tests.support.wait import wait_until
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway

pytestmark = pytest.mark.xdist_group("weir-api")


def test_a_gateway_that_is_well_has_nothing_but_good_findings(gateway: Gateway) -> None:
    ran = wait_until(lambda: (found := gateway.weir.run("doctor")).code == 0 and found, what="all is well")
    about = {line[4:16].strip() for line in ran.out.splitlines()}
    assert about >= {"admin API", "clocks", "token", "versions", "nodes", "store", "persistence", "eviction"}
    assert about >= {"state", "token file", "embedded", "status", "edge"}
    assert all(line.startswith("ok  ") for line in ran.out.splitlines())


def test_what_is_wrong_comes_with_what_to_do(gateway: Gateway, tmp_path: Path) -> None:
    token = gateway.up.state / "admin.token"
    token.chmod(0o644)
    try:
        ran = gateway.weir.run("doctor", "--json")
    finally:
        token.chmod(0o600)
    assert ran.code == 1
    found = {finding["about"]: finding for finding in ran.json["findings"]}
    assert found["token file"]["level"] == "wrong"
    assert found["token file"]["hint"] == f"chmod 600 {token}"


def test_without_an_api_the_rest_is_looked_at_all_the_same(tmp_path: Path) -> None:
    weir = Commands(
        tmp_path / "none", tmp_path, WEIR_ADMIN_URL=f"http://127.0.0.1:{free_port()}", WEIR_TOKEN="t"
    )
    ran = weir.run("doctor")
    assert ran.code == 3
    assert ran.out.startswith("!!  admin API    no admin API answers at ")
    assert "→ start it: weir up" in ran.out


def test_a_store_that_is_away_is_said_without_its_password(tmp_path: Path) -> None:
    (found,) = of_store(f"redis://:secret@127.0.0.1:{free_port()}/0", tmp_path)
    assert found.level == "wrong"
    assert "secret" not in found.text


def test_where_nothing_runs_ports_that_are_taken_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [finding.about for finding in of_ports(tmp_path)] == [finding.about for finding in busy_ports()]
    (tmp_path / "run.json").write_text(
        json.dumps({"pid": 2**22 + 1, "status": "http://127.0.0.1:1", "edge": []})
    )
    assert all(finding.about == "port" for finding in of_ports(tmp_path))


def test_a_gateway_that_says_it_runs_and_does_not_answer_is_wrong(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    (tmp_path / "run.json").write_text(json.dumps({"pid": 1, "status": url, "edge": []}))
    assert is_alive(1)
    assert not is_alive("1")
    (found,) = of_ports(tmp_path)
    assert (found.about, found.level) == ("status", "wrong")
    (tmp_path / "run.json").write_text(json.dumps({"pid": 1, "status": url, "edge": [], "auth": url}))
    assert [(each.about, each.level) for each in of_ports(tmp_path)] == [
        ("status", "wrong"),
        ("auth", "wrong"),
    ]


def test_a_hint_stands_below_what_it_is_about() -> None:
    found = Finding("clocks", "wrong", "x\x1b", "y")
    assert list(lines(found, Style())) == ["!!  clocks       x\\x1b", "                 → y"]
    assert "\x1b[31m!!" in next(lines(found, COLOURED))
