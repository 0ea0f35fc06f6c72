"""What ``weir admin`` tells Prometheus: in process for what is counted, a real one for where it is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from admin_api.call import Answer
from admin_api.metrics import AdminMetrics, result_of
from tests.support.admin import AdminProcess, SecuredAdmin
from tests.support.servers import RunningServer
from tests.support.wait import wait_until
from weir.api.changes import Written
from weir.processes import run_file
from weir.store.connect import Client

pytestmark = pytest.mark.xdist_group("weir-admin")

RULES = 'language 1\nrule rest { when any; respond 404 "nothing" }\n'
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def admin(store: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    folder = tmp_path_factory.mktemp("admin")
    process = AdminProcess(folder, store.url, "--admin-metrics", "127.0.0.1:0", workers=2)
    yield process
    process.close()


def told(process: AdminProcess) -> str:
    return str((run_file.read(process.state / "admin" / "run.json") or {})["metrics"])


def value(text: str, series: str) -> float:
    found = [line for line in text.splitlines() if line.startswith(series + " ")]
    assert len(found) == 1, f"{series}: {found}"
    return float(found[0].rpartition(" ")[2])


def scraped(process: AdminProcess, series: str) -> float:
    return value(httpx.get(told(process)).text, series)


def workers(process: AdminProcess) -> list[int]:
    pid = process.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_all_workers_count_together(admin: AdminProcess) -> None:
    series = 'weir_admin_requests_total{operation="sessions.current",status="2xx"}'
    for _ in range(8):
        assert admin.call("GET", "/api/v1/session").status_code == 200
    assert scraped(admin, series) == 8
    assert scraped(admin, 'weir_admin_request_seconds_count{operation="sessions.current"}') == 8
    for _ in range(3):
        admin.call("GET", "/api/v1/session", token="weirt_wrong")
    assert scraped(admin, 'weir_admin_refused_total{code="wrong-credential"}') == 3


def test_publishes_are_counted_by_what_came_of_them(admin: AdminProcess) -> None:
    def write(text: str, tag: str, **query: str) -> int:
        headers = TEXT | ({"If-Match": tag} if tag else {"If-None-Match": "*"})
        return admin.call("PUT", "/api/v1/config", content=text, headers=headers, params=query).status_code

    assert write(RULES, "", dry_run="true") == 200
    assert [write(RULES, tag) for tag in ("", "*", '"1-abcdef"')] == [200, 200, 412]
    assert write("rule {", "*") == 422
    assert [
        scraped(admin, f'weir_admin_publishes_total{{result="{result}"}}')
        for result in ("published", "unchanged", "stale", "refused", "unknown", "failed")
    ] == [1, 1, 1, 1, 0, 0]


def test_an_open_stream_counts(admin: AdminProcess) -> None:
    headers = {"Authorization": f"Bearer {admin.token}"}
    with httpx.stream("GET", admin.url + "/api/v1/events", headers=headers) as stream:
        next(stream.iter_lines())
        assert scraped(admin, "weir_admin_event_streams") == 1


def test_a_stream_counts_from_its_first_piece_until_its_client_goes() -> None:
    registry = CollectorRegistry()
    metrics = AdminMetrics(registry)
    began, never = metrics.open_while(iter([b"a", b"b"])), metrics.open_while(iter([b"a"]))
    assert next(began) == b"a"
    assert registry.get_sample_value("weir_admin_event_streams") == 1
    for stream in (began, never):
        stream.close()  # type: ignore[attr-defined]
    assert registry.get_sample_value("weir_admin_event_streams") == 0


def test_metrics_are_at_their_own_address_alone(admin: AdminProcess) -> None:
    there = told(admin).removesuffix("/metrics")
    assert admin.call("GET", "/metrics").status_code == 404
    # Whoever calls it by the other's name gets no further.
    other = {"Host": there.removeprefix("http://")}
    assert admin.call("GET", "/metrics", headers=other).status_code == 421
    assert httpx.get(there + "/healthz").text == "ok\n"
    assert httpx.get(there + "/readyz", headers={"Host": "10.0.0.7:8005"}).status_code == 200
    own = {"Host": admin.url.removeprefix("http://"), "Authorization": f"Bearer {admin.token}"}
    assert httpx.get(there + "/api/v1/session", headers=own).status_code == 404
    assert (
        httpx.post(there + "/api/v1/tokens", headers=own, json={"name": "x", "role": "admin"}).status_code
        == 405
    )


def test_what_a_killed_worker_counted_stays(admin: AdminProcess) -> None:
    series = 'weir_admin_requests_total{operation="sessions.current",status="2xx"}'
    before, killed = scraped(admin, series), workers(admin)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len({*workers(admin)} - {*killed}) == 2, what="new workers")
    wait_until(lambda: answers(admin), what="the new workers' first answer")
    assert scraped(admin, series) == before
    assert scraped(admin, "weir_admin_event_streams") == 0
    names = {path.name for path in (admin.state / "admin" / "metrics").glob("*.db")}
    assert not {name for name in names for pid in killed if name.endswith(f"_{pid}.db")}


def answers(admin: AdminProcess) -> bool:
    try:
        return httpx.get(told(admin)).status_code == 200
    except httpx.TransportError:
        return False


def test_without_the_flag_there_is_no_second_address(client: Client) -> None:
    admin = SecuredAdmin(client)
    assert admin.call("GET", "/metrics").status_code == 404


@pytest.mark.parametrize(
    ("answer", "code", "result"),
    [
        (Answer(Written(number=1, owner="api", outcome="published")), "", "published"),
        (Answer(status=412), "stale", "stale"),
        (Answer(status=503), "outcome-unknown", "unknown"),
        (Answer(status=503), "store-away", "failed"),
        (Answer(status=500), "fault", "failed"),
        (Answer(status=422), "invalid-rules", "refused"),
    ],
)
def test_a_write_has_one_result(answer: Answer, code: str, result: str) -> None:
    assert result_of(answer, code) == result


def test_only_refusals_of_who_may_not_are_counted() -> None:
    registry = CollectorRegistry()
    metrics = AdminMetrics(registry)
    for code in ("forbidden", "stale", "invented"):
        metrics.refused(code)
    text = generate_latest(registry).decode()
    assert value(text, 'weir_admin_refused_total{code="forbidden"}') == 1
    assert 'code="stale"' not in text
    assert "invented" not in text
