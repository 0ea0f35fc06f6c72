"""A real ``weir admin``: it starts, serves from several instances at once, and ends; what stops it from starting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from admin_api.boot import serve
from admin_api.settings import AdminSettings
from tests.support.admin import AdminProcess
from tests.support.raw_client import RawClient
from tests.support.servers import RunningServer
from tests.support.wait import wait_until
from tests.support.weir_up import WITHIN_S, environment
from weir.processes import run_file

pytestmark = pytest.mark.xdist_group("weir-admin")


@pytest.fixture(scope="module")
def admin(store: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    process = AdminProcess(tmp_path_factory.mktemp("admin"), store.url, workers=2)
    yield process
    process.close()


def test_it_answers_where_it_says(admin: AdminProcess) -> None:
    facts = run_file.read(admin.state / "admin" / "run.json") or {}
    assert (facts["pid"], facts["workers"], facts["admin_url"]) == (admin.process.pid, 2, admin.url)
    assert admin.call("GET", "/healthz", token="").text == "ok\n"
    assert admin.call("GET", "/readyz", token="").status_code == 200
    assert admin.call("GET", "/api/v1/session").json()["role"] == "admin"
    assert "admin API" in admin.call("GET", "/", token="").text


def test_two_instances_share_everything_and_workers_end_with_their_master(
    admin: AdminProcess, store: RunningServer, tmp_path: Path
) -> None:
    other = AdminProcess(tmp_path, store.url)
    try:
        assert other.call("GET", "/api/v1/session", token=admin.token).status_code == 200
        made = admin.call("POST", "/api/v1/tokens", json={"name": "ci", "role": "viewer"}).json()
        assert other.call("GET", "/api/v1/session", token=made["secret"]).json()["name"] == "ci"
        other.call("DELETE", f"/api/v1/tokens/{made['token']['id']}")
        assert admin.call("GET", "/api/v1/session", token=made["secret"]).status_code == 401
        pid = other.process.pid
        workers = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        assert workers
        other.process.kill()
        other.process.wait()
        wait_until(lambda: not any(is_running(each) for each in workers), what="the end of the workers")
    finally:
        other.close()


def test_bodies_in_pieces_are_read_up_to_their_bound(admin: AdminProcess) -> None:
    def post(*pieces: bytes) -> httpx.Response:
        return admin.call(
            "POST", "/api/v1/tokens", content=iter(pieces), headers={"Content-Type": "application/json"}
        )

    assert post(b'{"name": "p', b'ieces", "role": "viewer"}').status_code == 201
    assert post(b"{", b" " * (1 << 20)).json()["code"] == "body-too-large"


def test_a_body_that_breaks_off_is_no_fault_of_ours(admin: AdminProcess) -> None:
    host = admin.url.removeprefix("http://")
    head = f"POST /api/v1/tokens HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {admin.token}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with RawClient(int(host.rpartition(":")[2])) as client:
        client.send(head.encode() + b"nonsense\r\n")
        answer = client.response()
        assert answer.status == 400
        assert b"body-incomplete" in answer.body


def test_a_name_with_a_slash_reaches_the_handler_through_gunicorn(admin: AdminProcess) -> None:
    answer = admin.call("DELETE", "/api/v1/tokens/a%2Fb")
    assert answer.json()["detail"] == 'There is no access token with the id "a/b".'


def test_a_request_with_two_meanings_is_refused(admin: AdminProcess) -> None:
    host = admin.url.removeprefix("http://")
    with RawClient(int(host.rpartition(":")[2])) as client:
        length = "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        client.send(f"POST /api/v1/session HTTP/1.1\r\nHost: {host}\r\n{length}".encode())
        answer = client.response()
        assert (answer.status, answer.header("Content-Type")) == (400, "application/problem+json")


def test_what_is_too_long_for_a_head_is_refused_in_the_same_form(admin: AdminProcess) -> None:
    long = admin.call("GET", "/api/v1/audit?cursor=" + "c" * 9000)
    assert (long.status_code, long.json()["code"]) == (414, "target-too-long")
    many = admin.call("GET", "/api/v1/audit", headers={f"X-{number}": "x" for number in range(70)})
    assert (many.status_code, many.json()["code"]) == (431, "head-too-large")


def test_every_call_leaves_a_line_without_its_query(admin: AdminProcess) -> None:
    headers = {"X-Request-Id": "line-1", "X-Forwarded-For": "192.0.2.1, 198.51.100.7"}
    admin.call("GET", "/login?link=very-secret", token="", headers=headers)
    line = wait_until(lambda: next((each for each in admin.output().splitlines() if "line-1" in each), ""))
    assert '"path":"/login","status":401' in line
    # By default a proxy on the same machine is believed.
    assert '"address":"198.51.100.7"' in line
    assert "very-secret" not in admin.output()


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text() and not os.kill(pid, 0)
    except OSError:
        return False


# What stops it from starting


def test_without_a_store_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "admin_api", "--state", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=WITHIN_S)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("weir admin: no store was given: use --redis URL")
    assert done.stderr.count("\n") == 1


def settings(state: Path, *arguments: str) -> AdminSettings:
    return AdminSettings.from_arguments(
        ["--state", str(state), *arguments], {"WEIR_REDIS": "redis://127.0.0.1:1"}
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--redis", "redis://x:y"], "weir admin: "),
        (["--admin", "192.0.2.1:1"], "the admin API cannot listen on"),
        (["--secrets", "/nowhere/secrets.json"], "/nowhere/secrets.json"),
        (["--secrets", os.devnull], os.devnull),
    ],
)
def test_bad_set_up_is_one_sentence(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(settings(tmp_path, *arguments)) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_one_state_directory_is_for_one_instance(
    admin: AdminProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(settings(admin.state, "--admin", "127.0.0.1:0")) == 2
    assert f"is in use by process {admin.process.pid}" in capsys.readouterr().err
    assert (admin.state / "admin" / "run.json").exists()


# Last, since it ends what the others asked


def test_it_ends_without_waiting_for_who_is_idle(admin: AdminProcess) -> None:
    with httpx.Client() as idle:
        idle.get(admin.url + "/healthz")
        begun = time.monotonic()
        admin.process.send_signal(signal.SIGTERM)
        assert admin.process.wait(timeout=WITHIN_S) == 0
        # An idle connection may stay for 15 s, and a worker that does not end is killed after 8 s.
        assert time.monotonic() - begun < 15
        assert "Traceback" not in admin.output()
    assert not (admin.state / "admin" / "run.json").exists()
