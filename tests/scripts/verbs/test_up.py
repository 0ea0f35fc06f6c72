"""The whole gateway, as a newcomer runs it."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import websocket

from tests.support.wait import wait_until
from tests.support.weir_up import WeirUp
from weir.processes import run_file
from weir.processes.ports import Address, address_of, bind

Start = Callable[..., WeirUp]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``weir up`` on one state directory, as often as the test wants."""
    started: list[WeirUp] = []

    def up(*extra: str) -> WeirUp:
        started.append(WeirUp(tmp_path / "state", *extra))
        return started[-1]

    yield up
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeirUp]:
    """One gateway with demo rules, for the tests that change nothing or put it back."""
    folder = tmp_path_factory.mktemp("up")
    for name in ("edge", "admin_api", "demo", "weir", "redis"):
        # A person may stand in a folder with such names; nothing of it must be run.
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    up = WeirUp(folder / "state", cwd=folder)
    try:
        yield up.ready()
    finally:
        up.close()


pytestmark = pytest.mark.xdist_group("weir-up")


def test_the_first_answer_comes_from_the_demo_service(running: WeirUp) -> None:
    status, body = running.get("/")
    assert status == 200
    assert "demo service" in body


def test_the_admin_api_knows_the_token_of_the_state_directory(running: WeirUp) -> None:
    file = running.state / "admin.token"
    assert file.stat().st_mode & 0o777 == 0o600
    bearer = {"Authorization": f"Bearer {file.read_text().strip()}"}
    who = httpx.get(running.addresses["admin"] + "/api/v1/session", headers=bearer).json()
    assert (who["name"], who["role"]) == ("weir up", "admin")


def test_the_link_of_the_start_screen_begins_a_session_once(running: WeirUp) -> None:
    link = next(line.split()[2] for line in running.output().splitlines() if line.startswith("  sign in"))
    browser = httpx.Client()
    assert browser.get(link).status_code == 303
    assert browser.get(running.addresses["admin"] + "/api/v1/session").json()["kind"] == "session"
    assert httpx.get(link).status_code == 401


def test_the_demo_rules_do_what_they_say(running: WeirUp) -> None:
    assert running.get("/hello")[1].startswith("Hello from Weir.")
    assert json.loads(running.get("/old/place")[1])["query"] == {"came-from": ["/old/place"]}
    assert json.loads(running.get("/api/echo/1")[1])["path"] == "/echo/1"
    assert running.get("/api/status/418")[0] == 418
    posts = json.loads(running.get("/api/users/7/posts/a/b")[1])
    assert posts["path"] == "/echo/posts/a/b"
    assert "X-User: 7" in posts["headers"]
    assert running.get("/api/admin/x") == (200, "you are local\n")


def test_every_part_of_the_demo_service_is_reached_through_the_edge(running: WeirUp) -> None:
    assert json.loads(running.get("/delay/5")[1]) == {"delayed_ms": 5}
    assert running.get("/status/503")[0] == 503
    assert running.get("/stream?n=2&every=10")[1].count("\n\n") == 2
    assert running.get("/flaky?rate=0")[0] == 200
    client = websocket.create_connection(f"{running.url.replace('http', 'ws')}/ws", timeout=30)
    client.send("through the weir")
    assert client.recv() == "through the weir"
    client.close()


def test_every_line_that_the_start_screen_proposes_works(running: WeirUp) -> None:
    screen = running.output()
    proposed = [line.split()[-1].strip("'") for line in screen.splitlines() if line.startswith("    curl ")]
    assert len(proposed) == 4
    for url in proposed:
        assert running.get("", url)[0] == 200


def test_the_start_screen_is_plain_in_a_file_and_names_the_rules(running: WeirUp) -> None:
    screen = running.output()
    assert "\x1b" not in screen
    assert "  rules    state/gateway.weir  " in screen


def test_the_run_file_has_the_real_addresses(running: WeirUp) -> None:
    addresses = running.addresses
    assert addresses["pid"] == running.process.pid
    assert not addresses["edge"][0].endswith(":0")
    assert running.get("/healthz", addresses["status"])[0] == 200
    assert running.get("/", addresses["demo"])[0] == 200
    assert addresses["config"] == str(running.rules)


def test_a_saved_change_is_live_and_a_mistake_keeps_the_rules_and_says_where_it_is(running: WeirUp) -> None:
    before = running.rules.read_text()
    running.rules.write_text(before.replace("Hello from Weir.", "Good evening."))
    wait_until(lambda: "Good evening." in running.get("/hello")[1], what="the new sentence")

    running.rules.write_text(before.replace("respond 200", "respnd 200", 1))
    wait_until(lambda: "gateway.weir:" in running.output(), what="the place of the mistake")
    line = next(number for number, text in enumerate(before.splitlines(), 1) if "respond 200" in text)
    assert f"gateway.weir:{line}:" in running.output()
    assert "Good evening." in running.get("/hello")[1]
    assert "Traceback" not in running.output()

    running.rules.write_text(before)
    wait_until(lambda: "Hello from Weir." in running.get("/hello")[1], what="the old sentence")


def test_a_second_weir_up_on_the_same_state_is_told_who_has_it(running: WeirUp) -> None:
    second = WeirUp(running.state)
    try:
        assert second.end() == 2
        assert second.output() == (
            f"weir up: the state directory {running.state} is in use by process {running.process.pid}; "
            "stop it, or take another --state\n"
        )
    finally:
        second.close()
    assert running.get("/")[0] == 200


def test_ctrl_c_stops_everything_and_the_next_start_goes_on_where_it_was(start: Start) -> None:
    first = start().ready()
    first.rules.write_text('language 1\nrule mine { when any; respond 200 "mine\\n" }\n')
    wait_until(lambda: first.get("/") == (200, "mine\n"), what="the changed rules")
    demo = first.addresses["demo"]
    version = first.ready_facts()
    assert first.stop(signal.SIGINT) == 0
    assert first.output().endswith(f"weir up: stopped; the state stays in {first.state}\n")
    assert run_file.read(first.state / "run.json") is None

    second = start().ready()
    assert second.get("/") == (200, "mine\n")
    assert second.addresses["demo"] == demo
    assert second.ready_facts()["version"] == version["version"]
    assert second.stop(signal.SIGTERM) == 0


def test_after_a_kill_with_9_the_next_start_just_works(start: Start) -> None:
    first = start().ready()
    edge = first.addresses["edge"][0].removeprefix("http://")
    first.process.kill()
    first.end()
    second = start("--edge", edge).ready()
    assert second.get("/")[0] == 200
    assert second.stop() == 0


def test_without_demo_there_is_a_file_to_write_rules_into(start: Start) -> None:
    up = start("--no-demo").ready()
    assert up.addresses["demo"] is None
    assert up.get("/")[0] == 404
    up.rules.write_text(up.rules.read_text() + 'rule first { when any; respond 200 "first\\n" }\n')
    wait_until(lambda: up.get("/") == (200, "first\n"), what="the first rule")
    assert up.stop() == 0


def test_a_file_of_ones_own_is_followed_and_no_other_is_made(start: Start, tmp_path: Path) -> None:
    mine = tmp_path / "mine.weir"
    mine.write_text('rule mine { when any; respond 200 "mine\\n" }\n')
    up = start("--config", str(mine)).ready()
    assert up.get("/") == (200, "mine\n")
    assert not up.rules.exists()
    assert up.stop() == 0


# What a person can get wrong: one clear sentence, exit code 2, nothing left running.


def refused(up: WeirUp) -> str:
    assert up.end() == 2
    assert "Traceback" not in up.output()
    return up.output()


def test_a_taken_port_of_the_edge(start: Start) -> None:
    with bind(Address("127.0.0.1", 0), what="the test") as listener:
        taken = address_of(listener)
        said = refused(start("--edge", str(taken)))
    assert f"the edge cannot listen on {taken}: the port is taken by another process" in said
    assert len(said.splitlines()) == 1


def test_a_taken_port_of_the_demo_service(start: Start) -> None:
    with bind(Address("127.0.0.1", 0), what="the test") as listener:
        taken = address_of(listener)
        said = refused(start("--demo", str(taken)))
    assert said == (
        f"weir up: the demo service cannot listen on {taken}: the port is taken by another process; "
        "choose another with --demo HOST:PORT, or --no-demo\n"
    )


def test_a_rules_file_that_is_not_there(start: Start, tmp_path: Path) -> None:
    missing = tmp_path / "missing.weir"
    assert (
        refused(start("--config", str(missing)))
        == f"weir up: cannot read {missing}: No such file or directory\n"
    )


def test_a_rules_file_that_is_a_folder(start: Start, tmp_path: Path) -> None:
    assert refused(start("--config", str(tmp_path))) == f"weir up: cannot read {tmp_path}: Is a directory\n"


def test_bad_rules_at_the_first_start_are_all_told_with_their_places(start: Start, tmp_path: Path) -> None:
    bad = tmp_path / "bad.weir"
    bad.write_text("rule a { when pth == 1; proxy nowhere }\nrule b { when any; respnd 200 }\n")
    said = refused(start("--config", str(bad)))
    assert f"{bad}:1:" in said
    assert f"{bad}:2:" in said
    assert not [line for line in said.splitlines() if line.startswith(" ")]


def test_a_state_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    up = WeirUp(tmp_path / "file" / "state")
    try:
        assert (
            refused(up) == f"weir up: cannot use the state directory {tmp_path}/file/state: Not a directory\n"
        )
    finally:
        up.close()


def test_a_state_directory_without_permission(tmp_path: Path) -> None:
    closed = Path("/sys")  # where not even root may make a directory
    if os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
    up = WeirUp(closed / "state")
    try:
        said = refused(up)
    finally:
        up.close()
    assert said.startswith(f"weir up: cannot use the state directory {closed}/state: ")
    assert said.split(": ")[-1].strip() in {
        "Permission denied",
        "Operation not permitted",
        "Read-only file system",
    }


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--edge", "nowhere"], "nowhere"),
        (["--workers", "x"], "workers"),
        (["--redis", "http://x"], "http://x"),
        (["--bogus"], "--bogus"),
        (["--store-bin", "/nowhere/server"], "/nowhere/server"),
    ],
)
def test_a_flag_that_is_wrong(start: Start, flags: list[str], word: str) -> None:
    said = refused(start(*flags))
    assert word in said
    assert len(said.splitlines()) == 1


def test_nothing_listens_after_the_end(start: Start) -> None:
    up = start().ready()
    host, _, port = up.url.removeprefix("http://").partition(":")
    assert up.stop() == 0
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0
