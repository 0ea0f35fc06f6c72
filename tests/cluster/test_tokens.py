"""Access tokens over real processes: a store, a node with its agent and two workers, a foreign issuer."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.auth_server import AuthProcess, made_client
from tests.support.credentials import request
from tests.support.issuer_server import IssuerServer, issuer_server
from tests.support.raw_client import RawClient, Response
from tests.support.servers import RunningServer, server_folder, start_server
from tests.support.tokens import OWN, Signer
from tests.support.upstream import Upstream
from tests.support.wait import wait_until
from tests.support.weir_edge import WeirEdge
from weir.models.auth.records import ApiKey, Consumer, Issuer, OAuthClient
from weir.models.auth.secret_text import new_secret
from weir.store.connect import Client, connect
from weir.store.keys import Keys
from weir.store.record_kinds import CLIENTS, CONSUMERS, ISSUERS, KEYS
from weir.store.records import Records
from weir.store.revoked import Revoked
from weir.store.signing import AuthPublic, SigningStore

pytestmark = pytest.mark.xdist_group("cluster-tokens")

RULES = """
upstream service {{ target {target} }}
group all {{
    proxy service
    rule own {{ when path == "/own"; require token }}
    rule foreign {{ when path == "/foreign"; require token(issuer: "{issuer}", audience: "orders") }}
    rule scope {{ when path == "/scope"; require token(issuer: "{issuer}", audience: "orders", scope: "admin") }}
    rule weir {{ when path == "/weir"; require token(issuer: "{weir}", audience: "orders", scope: "read") }}
    rule hidden {{ when path == "/hidden"; require token(keep: "no") }}
    rule either {{ when path == "/either"; require key or token }}
}}
"""


class World:
    def __init__(
        self, folder: Path, store: RunningServer, upstream: Upstream, issuer: IssuerServer, weir: AuthProcess
    ) -> None:
        url, self.store = store.url, store
        self.upstream, self.issuer, self.weir, self.own = upstream, issuer, weir, Signer(OWN)
        client, keys = connect(url), Keys("default")
        self.client = client
        self.consumers, self.clients = Records(client, keys, CONSUMERS), Records(client, keys, CLIENTS)
        self.keys = Records(client, keys, KEYS)
        self.issuers, self.revoked = Records(client, keys, ISSUERS), Revoked(client, keys)
        self.signing = SigningStore(client, keys)
        self.consumers.create(Consumer(created_ms=1, name="shop", tags=("partner",)))
        self.clients.create(OAuthClient(created_ms=1, id="app", name="App", consumer="shop"))
        self.show_own(self.own)
        rules = folder / "gateway.weir"
        rules.write_text(RULES.format(target=upstream.url, issuer=issuer.url, weir=weir.url))
        self.edge = WeirEdge(
            folder / "n1",
            *("--redis", url, "--config", str(rules), "--access-log", "off", "--workers", "2"),
        )
        self.port = urlsplit(self.edge.wait_ready()["edge"][0]).port or 0

    def show_own(self, *signers: Signer) -> None:
        """As ``weir auth`` would."""
        public = AuthPublic(issuer=OWN, jwks=json.dumps({"keys": [each.public for each in signers]}))
        assert self.signing.write(self.signing.read().revision, public)

    def get(self, path: str, token: str = "", *fields: str) -> Response:
        """On a connection of its own, so that either worker may take it."""
        shown = [f"Authorization: Bearer {token}"] if token else []
        with RawClient(self.port) as client:
            return client.send(request(path, *shown, *fields)).response()

    def statuses(self, path: str, token: str, count: int = 8) -> set[int]:
        return {self.get(path, token).status for _ in range(count)}

    def until(self, status: int, path: str, token: str) -> float:
        """Seconds until every worker answers so."""
        began = time.monotonic()
        wait_until(lambda: self.statuses(path, token) == {status}, what=f"{status} for {path}")
        return time.monotonic() - began


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    upstream = Upstream().start()
    with server_folder() as folder, issuer_server(algorithm="RS256") as issuer:
        store = start_server(folder / "store")
        (folder / "weir").mkdir()
        weir = AuthProcess(folder / "weir", store.url, cluster="elsewhere")
        made = World(folder, store, upstream, issuer, weir)
        yield made
        made.edge.stop()
        weir.close()
        store.stop()
    upstream.stop()


@pytest.fixture(scope="module")
def client(world: World) -> Client:
    return world.client


def test_own_tokens_pass_and_tell_the_upstream_who_calls(world: World) -> None:
    token = world.own.token()
    world.until(200, "/own", token)
    world.upstream.forget()
    assert world.get("/own", token).status == 200
    assert world.get("/hidden", token).status == 200
    kept, hidden = world.upstream.requests
    names = ("X-Weir-Consumer", "X-Weir-Subject", "X-Weir-Client", "X-Weir-Scopes", "X-Weir-Credential")
    assert [kept.header(name) for name in names] == [b"shop", b"alice", b"app", b"read write", b"t1"]
    assert kept.header("Authorization") == b"Bearer " + token.encode()
    assert hidden.header("Authorization") is None
    assert world.get("/own").status == 401
    assert world.get("/own", Signer(OWN).token()).status == 401


def test_a_revoked_token_and_a_revoked_sign_in_are_refused_by_every_worker(world: World) -> None:
    for value, other in (("j1", {"jti": "j1"}), ("s1", {"jti": "j2", "sid": "s1"})):
        token = world.own.token(world.own.claims(**other))
        world.until(200, "/own", token)
        assert world.revoked.add(value, int(time.time()) + 700) == "revoked"
        assert world.until(401, "/own", token) < 10
    assert world.statuses("/own", world.own.token()) == {200}


def test_a_disabled_client_ends_its_tokens(world: World) -> None:
    world.clients.create(OAuthClient(created_ms=1, id="other", name="Other"))
    token = world.own.token(world.own.claims(client_id="other", jti="j3"))
    world.until(200, "/own", token)
    kept = world.clients.get("other")
    assert kept is not None
    disabled = OAuthClient(created_ms=1, id="other", name="Other", disabled=True)
    assert world.clients.replace(disabled, kept.etag) == "replaced"
    world.until(401, "/own", token)


def test_a_new_own_key_is_good_at_once_and_an_old_one_as_long_as_it_is_shown(world: World) -> None:
    new, token = Signer(OWN, kid="k2"), world.own.token()
    world.show_own(world.own, new)
    assert world.until(200, "/own", new.token()) < 10
    assert world.statuses("/own", token) == {200}
    world.show_own(new)
    world.until(401, "/own", token)
    world.show_own(world.own)
    world.until(200, "/own", token)


def test_tokens_of_a_foreign_issuer_are_verified_with_its_keys(world: World) -> None:
    signer = world.issuer.signer
    world.until(200, "/foreign", signer.token())
    assert world.get("/foreign", signer.token(signer.claims(aud="other"))).status == 401
    assert world.get("/foreign", world.own.token()).status == 401
    assert world.get("/own", signer.token()).status == 401
    assert world.get("/scope", signer.token()).status == 403
    looks = len(world.issuer.asked)
    assert world.statuses("/foreign", signer.token(signer.claims(jti="another"))) == {200}
    assert len(world.issuer.asked) == looks  # nobody is asked for a token


def test_a_new_key_of_a_foreign_issuer_is_fetched_for_the_first_token_that_needs_it(world: World) -> None:
    world.until(200, "/foreign", world.issuer.signer.token())
    signer = world.issuer.rotate("f2")
    assert world.get("/foreign", signer.token()).status == 200
    looks = len(world.issuer.asked)
    forged = Signer(world.issuer.url, algorithm="RS256", kid="f3")
    assert world.statuses("/foreign", forged.token()) <= {401, 429}
    assert len(world.issuer.asked) <= looks + 2  # one look, however many such tokens


def test_what_a_person_says_of_an_issuer_counts(world: World) -> None:
    signer = world.issuer.signer
    admin = signer.token(signer.claims(scope="x", permissions=["admin"]))
    world.until(200, "/foreign", admin)
    assert world.get("/scope", admin).status == 403
    record = Issuer(created_ms=1, name="corp", url=world.issuer.url, scope_claim="permissions")
    assert world.issuers.create(record) == "created"
    world.until(200, "/scope", admin)
    assert world.issuers.remove("corp") == "removed"
    world.until(403, "/scope", admin)


def test_another_weir_is_a_foreign_issuer(world: World, client: Client) -> None:
    """Its clients mean nothing here; its tokens are as good as anybody's."""
    fields = {"audiences": ("orders", "other"), "scopes": ("read", "write")}
    who = made_client(client, "service", Keys("elsewhere"), **fields)

    def token(**form: str) -> str:
        form = {"grant_type": "client_credentials", **form}
        answer = world.weir.call("POST", "/oauth2/token", data=form, auth=(who[0].id, who[1]))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    world.until(200, "/weir", token())
    assert world.get("/weir", token(scope="write")).status == 403
    assert world.get("/weir", token(resource="other")).status == 401
    assert world.get("/own", token()).status == 401


def test_a_token_that_nobody_looked_at_does_not_reach_the_upstream(world: World) -> None:
    """It would look as if it had been."""
    secret, forged = new_secret("weir"), Signer(OWN).token()
    key = ApiKey(created_ms=1, id=secret.id, consumer="shop", hash=secret.hash())
    assert world.keys.create(key) == "created"
    world.upstream.forget()
    assert world.get("/either", forged, f"X-API-Key: {secret.text()}", "X-Weir-Consumer: root").status == 200
    [seen] = world.upstream.requests
    assert seen.header("X-Weir-Consumer") == b"shop"
    assert seen.header("Authorization") is None
    assert world.get("/either", forged).status == 401


def test_an_agent_that_starts_again_while_the_issuer_is_away_has_its_keys(world: World) -> None:
    signer = world.issuer.signer
    world.until(200, "/foreign", signer.token())
    answers = dict(world.issuer.answers)
    world.issuer.answers.clear()
    agent = world.edge.children()["agent"]
    os.kill(agent, signal.SIGKILL)
    assert world.statuses("/foreign", signer.token(signer.claims(jti="while away"))) == {200}
    wait_until(lambda: world.edge.children().get("agent", agent) != agent, what="another agent", within_s=60)
    page = wait_until(lambda: _page(world), what="the agent's page", within_s=60)
    assert {one["keys"] > 0 for one in page["issuers"]} == {True}
    assert page["own"] == {"issuer": OWN, "keys": 1}
    assert world.statuses("/foreign", signer.token(signer.claims(jti="afterwards"))) == {200}
    world.issuer.answers.update(answers)
    world.until(200, "/own", world.own.token())


def test_without_the_store_tokens_of_known_clients_go_on_and_of_unknown_ones_get_503(world: World) -> None:
    """The last test: the store stays away."""
    world.clients.create(OAuthClient(created_ms=1, id="late", name="Late"))
    world.until(200, "/own", world.own.token())
    world.store.kill()
    assert world.statuses("/own", world.own.token(world.own.claims(jti="new"))) == {200}
    signer = world.issuer.signer
    assert world.statuses("/foreign", signer.token(signer.claims(jti="new"))) == {200}
    assert world.statuses("/own", Signer(OWN).token(), 2) <= {401, 429}
    late = world.get("/own", world.own.token(world.own.claims(client_id="late", jti="l")))
    assert (late.status, json.loads(late.body)["code"]) == (503, "credentials-unavailable")
    assert late.header("Retry-After") is not None


def _page(world: World) -> dict[str, object] | None:
    status, body = world.edge.get("/issuers", "status")
    page = json.loads(body) if status == 200 else {}
    return page if page.get("own") and page.get("issuers") else None
