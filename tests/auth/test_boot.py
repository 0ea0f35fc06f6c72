"""A real ``weir auth``: client libraries of others use it; several share everything; it ends; what stops it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from auth.boot import serve
from auth.settings import AuthSettings
from tests.support.auth_server import AuthProcess, InProcessAuth, made_client, made_user
from tests.support.servers import RunningServer, server_folder, start_server, valkey_binary
from tests.support.wait import wait_until
from tests.support.weir_up import WITHIN_S, environment
from weir.models.auth.records import OAuthClient
from weir.processes import run_file
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import ensure_ring
from weir.store.connect import Client, connect
from weir.store.oauth.families import new_family

pytestmark = pytest.mark.xdist_group("weir-auth")

Who = tuple[OAuthClient, str]
ALICE = "alice"


class KeptStore:
    """Writes everything to its disk, so that it survives a kill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start()

    def start(self) -> None:
        options = ("--appendonly", "yes", "--appendfsync", "everysec")
        self.server: RunningServer = start_server(self._folder, valkey_binary(), *options)

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture(scope="module")
def kept() -> Iterator[KeptStore]:
    with server_folder() as folder:
        store = KeptStore(folder)
        yield store
        store.server.stop()


@pytest.fixture(scope="module")
def process(kept: KeptStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthProcess]:
    process = AuthProcess(tmp_path_factory.mktemp("auth"), kept.url, "--auth-workers", "2")
    yield process
    process.close()


@pytest.fixture(scope="module")
def data(kept: KeptStore) -> Iterator[Client]:
    client = connect(kept.url, timeout_s=10.0)
    made_user(client, ALICE)
    yield client
    client.close()


@pytest.fixture(scope="module")
def web(data: Client) -> Who:
    return made_client(data, "web", scopes=("read", "write"), grants=("client_credentials", "refresh_token"))


def let_in(process: AuthProcess, data: Client, record: OAuthClient) -> dict[str, Any]:
    """A token response as after a person's consent; made beside the process, with the same keys."""
    beside = InProcessAuth(data, ring=KeyRing.read(process.secrets), issuer=process.url)
    return beside.refreshable(record, family=new_family())


def token_url(process: AuthProcess) -> str:
    return process.url + "/oauth2/token"


def is_active(process: AuthProcess, who: Who, token: str) -> bool:
    answer = process.call("POST", "/oauth2/introspect", data={"token": token}, auth=(who[0].id, who[1]))
    found: bool = answer.json()["active"]
    return found


def test_it_answers_where_it_says(process: AuthProcess) -> None:
    facts = run_file.read(process.state / "auth" / "run.json") or {}
    assert (facts["pid"], facts["workers"], facts["issuer"]) == (process.process.pid, 2, process.url)
    assert process.call("GET", "/healthz").text == "ok\n"
    assert process.call("GET", "/readyz").text == "ok\n"
    metadata = process.call("GET", "/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == process.url
    assert metadata["token_endpoint"] == token_url(process)


# Client libraries of others


def test_authlib_gets_introspects_and_revokes_a_token(process: AuthProcess, web: Who) -> None:
    with OAuth2Client(*(web[0].id, web[1]), scope="read") as session:
        token = session.fetch_token(token_url(process), grant_type="client_credentials")
        assert (token["scope"], token["expires_in"]) == ("read", 600)
        keys = KeySet.import_key_set(httpx.get(process.url + "/oauth2/jwks").json())
        claims = jwt.decode(token["access_token"], keys, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["aud"], claims["sub"]) == (process.url, process.url, "web")
        found = session.introspect_token(process.url + "/oauth2/introspect", token["access_token"])
        assert found.json()["active"]
        session.revoke_token(process.url + "/oauth2/revoke", token["access_token"])
        gone = session.introspect_token(process.url + "/oauth2/introspect", token["access_token"])
        assert gone.json() == {"active": False}


def test_authlib_refreshes(process: AuthProcess, data: Client, web: Who) -> None:
    first = let_in(process, data, web[0])
    with OAuth2Client(web[0].id, web[1], token=first) as session:
        second = session.refresh_token(token_url(process), first["refresh_token"])
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]


def test_authlib_proves_itself_by_a_signature(process: AuthProcess, data: Client) -> None:
    key = ECKey.generate_key("P-256")
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    made_client(data, "signer", auth="private_key_jwt", jwks=jwks)
    with OAuth2Client("signer", key, token_endpoint_auth_method="private_key_jwt") as session:
        session.register_client_auth_method(PrivateKeyJWT(token_url(process), alg="ES256"))
        assert session.fetch_token(token_url(process), grant_type="client_credentials")["access_token"]


def test_requests_oauthlib_gets_refreshes_and_revokes(
    process: AuthProcess, data: Client, web: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the library does not know about loopback
    with OAuth2Session(client=BackendApplicationClient(web[0].id, scope=["write"])) as session:
        got = session.fetch_token(token_url(process), client_id=web[0].id, client_secret=web[1])
        assert got["scope"] == ["write"]
    first = let_in(process, data, web[0])
    with OAuth2Session(client=LegacyApplicationClient(web[0].id), token=first) as session:
        second = session.refresh_token(token_url(process), auth=(web[0].id, web[1]))
        address, token = process.url + "/oauth2/revoke", second["refresh_token"]
        allowed = "https" + address.removeprefix("http")  # it does not know about loopback here either
        body = LegacyApplicationClient(web[0].id).prepare_token_revocation_request(allowed, token)[2]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        done = httpx.post(address, content=body, headers=headers, auth=(web[0].id, web[1]))
    assert done.status_code == 200
    assert not is_active(process, web, second["access_token"])


# Several at once


def test_attack_of_twenty_that_show_one_refresh_token_one_wins_and_the_family_ends(
    process: AuthProcess, data: Client, web: Who
) -> None:
    token = let_in(process, data, web[0])["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}

    def show(_: int) -> httpx.Response:
        return process.call("POST", "/oauth2/token", data=form, auth=(web[0].id, web[1]))

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(show, range(20)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [400] * 19
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    after = process.call(
        "POST",
        "/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": winner["refresh_token"]},
        auth=(web[0].id, web[1]),
    )
    assert after.json()["error"] == "invalid_grant"
    assert not is_active(process, web, winner["access_token"])


def test_another_instance_knows_everything_and_ends_with_its_workers(
    process: AuthProcess, kept: KeptStore, tmp_path: Path, web: Who
) -> None:
    other = AuthProcess(tmp_path, kept.url, "--public-url", process.url, secrets=process.secrets)
    try:
        credentials = (web[0].id, web[1])
        body = other.call(
            "POST",
            "/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=credentials,
            headers={"Host": other.url.removeprefix("http://")},
        ).json()
        assert is_active(process, web, body["access_token"])
        other.call("POST", "/oauth2/revoke", data={"token": body["access_token"]}, auth=credentials)
        assert not is_active(process, web, body["access_token"])
        assert "Traceback" not in other.output()
    finally:
        other.close()


# A store that dies


def test_a_revocation_survives_a_kill_of_the_store(
    process: AuthProcess, kept: KeptStore, data: Client, web: Who, tmp_path: Path
) -> None:
    body = let_in(process, data, web[0])
    jwt_alone = process.call(
        "POST", "/oauth2/token", data={"grant_type": "client_credentials"}, auth=(web[0].id, web[1])
    ).json()["access_token"]
    for token in (body["refresh_token"], jwt_alone):
        done = process.call("POST", "/oauth2/revoke", data={"token": token}, auth=(web[0].id, web[1]))
        assert done.status_code == 200
    kept.server.kill()
    away = process.call("POST", "/oauth2/introspect", data={"token": jwt_alone}, auth=(web[0].id, web[1]))
    assert (away.status_code, away.json()["error"]) == (503, "temporarily_unavailable")
    kept.start()
    wait_until(lambda: process.call("GET", "/readyz").status_code == 200, what="weir auth to be ready again")
    for token in (body["access_token"], body["refresh_token"], jwt_alone):
        assert not is_active(process, web, token)


# What stops it from starting


def settings(state: Path, *arguments: str) -> AuthSettings:
    ensure_ring(state / "secrets.json")
    return AuthSettings.from_arguments(
        ["--state", str(state), "--secrets", str(state / "secrets.json"), *arguments],
        {"WEIR_REDIS": "redis://127.0.0.1:1"},
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--redis", "redis://x:y"], "weir auth: "),
        (["--auth", "192.0.2.1:1", "--public-url", "https://a.example"], "cannot listen on"),
        (["--secrets", "nothing.json"], "nothing.json"),
    ],
)
def test_bad_set_up_is_one_sentence(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(settings(tmp_path, *arguments)) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_ring_without_a_key_for_signing_is_not_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = settings(tmp_path)
    ring = json.loads(made.secrets.read_text())
    ring["keys"] = [key for key in ring["keys"] if key["purpose"] != "signing"]
    made.secrets.write_text(json.dumps(ring))
    assert serve(made) == 2
    assert "has no key for signing" in capsys.readouterr().err


def test_one_state_directory_is_for_one_instance(
    process: AuthProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(settings(process.state, "--auth", "127.0.0.1:0")) == 2
    assert f"is in use by process {process.process.pid}" in capsys.readouterr().err


def test_without_a_store_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "auth", "--state", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=WITHIN_S)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("weir auth: no store was given: use --redis URL")


# Last, since it ends what the others asked


def test_it_ends_without_waiting_for_who_is_idle(process: AuthProcess) -> None:
    with httpx.Client() as idle:
        idle.get(process.url + "/healthz")
        begun = time.monotonic()
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(timeout=WITHIN_S) == 0
        # An idle connection may stay for 15 s, and a worker that does not end is killed after 8 s.
        assert time.monotonic() - begun < 15
    assert "Traceback" not in process.output()
    assert not (process.state / "auth" / "run.json").exists()
