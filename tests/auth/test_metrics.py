"""What ``weir auth`` tells Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from auth.metrics import AuthMetrics, key_age
from tests.support.auth_server import AuthProcess, InProcessAuth, made_client, made_user
from tests.support.servers import RunningServer
from weir.processes import run_file
from weir.store.connect import Client, connect
from weir.store.keys import Keys

pytestmark = pytest.mark.xdist_group("weir-auth")


class Counted:
    """The authorization server in process, and what it counted."""

    def __init__(self, client: Client) -> None:
        self.registry = CollectorRegistry()
        self.auth = InProcessAuth(client, metrics=AuthMetrics(self.registry))

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"weir_oauth_{name}", labels)


@pytest.fixture
def counted(client: Client) -> Counted:
    return Counted(client)


@pytest.fixture(scope="module")
def process(store: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthProcess]:
    # A cluster of its own: those in process have other key rings.
    flags = ("--auth-workers", "2", "--auth-metrics", "127.0.0.1:0")
    process = AuthProcess(tmp_path_factory.mktemp("auth"), store.url, *flags, cluster="metered")
    yield process
    process.close()


def test_tokens_are_counted_by_grant_and_result(counted: Counted) -> None:
    web = made_client(counted.auth.store, "web", scopes=("read",))
    assert counted.auth.token(web).status_code == 200
    assert counted.auth.token(web, scope="other").status_code == 400
    assert counted.auth.token((web[0], "wrong")).status_code == 401
    invented = {"grant_type": "invented-by-a-stranger"}
    assert counted.auth.post("/oauth2/token", web, invented).status_code == 400
    assert counted.auth.call("POST", "/oauth2/token", json={}).status_code == 400
    assert counted.value("tokens_total", grant="client_credentials", result="issued") == 1
    assert counted.value("tokens_total", grant="client_credentials", result="invalid_scope") == 1
    assert counted.value("tokens_total", grant="client_credentials", result="invalid_client") == 1
    assert counted.value("tokens_total", grant="other", result="unsupported_grant_type") == 1
    assert counted.value("tokens_total", grant="other", result="invalid_request") == 1
    assert counted.value("requests_total", operation="token", status="4xx") == 4
    assert "stranger" not in generate_latest(counted.registry).decode()


def test_a_store_that_is_away_is_temporary() -> None:
    counted = Counted(connect("redis://127.0.0.1:1"))
    form = {"grant_type": "client_credentials"}
    assert counted.auth.call("POST", "/oauth2/token", data=form, auth=("web", "x")).status_code == 503
    assert counted.value("tokens_total", grant="client_credentials", result="temporarily_unavailable") == 1


def test_a_refresh_token_that_is_shown_twice_is_counted_as_such(counted: Counted, client: Client) -> None:
    made_user(client, "alice")
    web = made_client(client, "web", scopes=("read",), grants=("client_credentials", "refresh_token"))
    first = counted.auth.refreshable(web[0])["refresh_token"]
    assert [counted.auth.refresh(web, first).status_code for _ in range(2)] == [200, 400]
    assert counted.value("refresh_reuses_total") == 1
    assert counted.value("tokens_total", grant="refresh_token", result="invalid_grant") == 1
    # What was revoked already is not shown for the second time by the same thief.
    assert counted.auth.refresh(web, first).status_code == 400
    assert counted.value("refresh_reuses_total") == 1


def test_what_clients_give_up_is_counted_by_kind(counted: Counted, client: Client) -> None:
    web = made_client(client, "web", scopes=("read",))
    token = counted.auth.token(web).json["access_token"]
    for text in (token, "nonsense"):
        assert counted.auth.post("/oauth2/revoke", web, {"token": text}).status_code == 200
    assert counted.value("revoked_total", kind="jwt") == 1
    assert counted.value("revoked_total", kind="refresh") == 0


def test_sign_ins_are_counted_by_result(counted: Counted, client: Client) -> None:
    browser = counted.auth.app.test_client()
    host = {"Host": "127.0.0.1:8002"}
    shown = browser.get("/login", headers=host).text
    found = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert found
    form = {"csrf": found[1], "username": "nobody", "password": "wrong", "next": "/"}
    origin = host | {"Origin": "http://127.0.0.1:8002"}
    assert browser.post("/login", data=form, headers=origin).status_code == 403
    assert counted.value("sign_ins_total", result="wrong") == 1
    assert counted.value("sign_ins_total", result="right") == 0
    assert counted.value("passwords_judged") == 0


def test_the_age_of_the_key_is_told_once_it_is_known(counted: Counted) -> None:
    assert b"\nweir_oauth_signing_key_age_seconds " not in key_age(counted.auth.services.signing.age_s)
    counted.auth.services.signing.public_set()
    age = counted.auth.services.signing.age_s()
    assert age is not None
    assert 0 <= age < 60
    assert b"\nweir_oauth_signing_key_age_seconds " in key_age(counted.auth.services.signing.age_s)


def test_a_real_one_tells_them_at_their_own_address_alone(process: AuthProcess, store: RunningServer) -> None:
    there = str((run_file.read(process.state / "auth" / "run.json") or {})["metrics"])
    data = connect(store.url)
    web = made_client(data, "metered", Keys("metered"), scopes=("read",))
    data.close()
    form = {"grant_type": "client_credentials"}
    for _ in range(10):
        answer = process.call("POST", "/oauth2/token", data=form, auth=("metered", web[1]))
        assert answer.status_code == 200, process.output()
    text = httpx.get(there).text
    assert 'weir_oauth_tokens_total{grant="client_credentials",result="issued"} 10.0\n' in text
    assert "\nweir_oauth_signing_key_age_seconds " in text
    assert process.call("GET", "/metrics").status_code == 404
    base = there.removesuffix("/metrics")
    assert httpx.post(base + "/oauth2/token", data=form, auth=("metered", web[1])).status_code == 405
    assert httpx.get(base + "/oauth2/jwks").status_code == 404
    assert [httpx.get(base + path).text for path in ("/healthz", "/readyz")] == ["ok\n", "ok\n"]
