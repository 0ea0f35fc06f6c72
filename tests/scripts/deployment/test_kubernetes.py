"""Secrets are made once, through the API as a pod's account sees it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.deployment.first_secrets import make
from scripts.deployment.kubernetes import ApiAway, Place, Refused, here, keep
from tests.support.kubernetes_api import FakeKubernetes
from weir.secrets.ring_file import read_keys


@pytest.fixture
def api() -> Iterator[FakeKubernetes]:
    made = FakeKubernetes()
    yield made
    made.close()


@pytest.fixture
def place(api: FakeKubernetes, tmp_path: Path) -> Place:
    return here(api.environ, api.account(tmp_path / "account"))


def test_both_secrets_are_made_with_what_each_process_needs(api: FakeKubernetes, place: Place) -> None:
    assert keep(place, make("weir-store:6379")) == {"weir-secrets": True, "weir-store": True}
    rings = api.secrets["weir-secrets"]["data"]
    purposes = {
        name: sorted(key.purpose for key in read_keys(base64.b64decode(rings[name]), name)) for name in rings
    }
    assert purposes == {
        "ring.json": ["node", "signing", "store", "tls"],
        "edge.json": ["node", "store", "tls"],
        "admin.json": ["store", "tls"],
        "auth.json": ["signing"],
    }
    urls = api.secrets["weir-store"]["data"]
    assert sorted(urls) == ["admin-url", "auth-url", "edge-url"]
    assert base64.b64decode(urls["edge-url"]).decode().startswith("redis://weir-edge:")
    assert len(set(urls.values())) == 3


def test_what_is_there_is_never_changed(api: FakeKubernetes, place: Place) -> None:
    keep(place, make("weir-store:6379"))
    before = {name: dict(secret["data"]) for name, secret in api.secrets.items()}
    assert keep(place, make("elsewhere:6379")) == {"weir-secrets": False, "weir-store": False}
    assert {name: secret["data"] for name, secret in api.secrets.items()} == before


def test_with_a_store_of_ones_own_only_the_rings_are_made(api: FakeKubernetes, place: Place) -> None:
    assert keep(place, make("")) == {"weir-secrets": True}
    assert all("weir-store" not in each for each in api.asked)


def test_a_secret_that_lacks_something_is_said_and_not_changed(api: FakeKubernetes, place: Place) -> None:
    api.secrets["weir-secrets"] = {"metadata": {"name": "weir-secrets"}, "data": {"edge.json": ""}}
    with pytest.raises(Refused, match=r"lacks admin.json, auth.json, ring.json; it is not changed"):
        keep(place, make(""))


def test_a_refusal_says_what_the_api_said(api: FakeKubernetes, place: Place) -> None:
    api.refuse.add("weir-secrets")
    with pytest.raises(Refused, match='403 secrets "weir-secrets" is forbidden'):
        keep(place, make(""))


def test_another_certificate_is_not_spoken_to(api: FakeKubernetes, place: Place) -> None:
    """Nothing is sent, the token least of all."""
    with pytest.raises(ApiAway, match="does not answer"):
        keep(place._replace(host="localhost.localdomain", port=place.port), make(""))
    with pytest.raises(ApiAway):
        keep(place._replace(authority="/etc/ssl/certs/none.pem"), make(""))
    assert api.asked == []


def test_nobody_there_is_worth_another_try(api: FakeKubernetes, place: Place) -> None:
    with pytest.raises(ApiAway, match="does not answer"):
        keep(place._replace(port=1), make(""))


def test_outside_of_a_pod_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no pod of Kubernetes"):
        here({}, tmp_path)
