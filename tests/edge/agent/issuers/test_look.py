"""One look at an issuer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.agent.issuers.fetch import Fetch
from edge.agent.issuers.issuer import Terms
from edge.agent.issuers.look import NoKeys, look
from tests.support.issuer_server import OIDC, RFC8414, Answer, IssuerServer, issuer_server


@pytest.fixture
def server() -> Iterator[IssuerServer]:
    with issuer_server() as running:
        yield running


def kids(server: IssuerServer, jwks_uri: str = "") -> list[str]:
    return [key["kid"] for key in look(Terms(server.url, jwks_uri), Fetch())["keys"]]


def test_keys_are_found_by_discovery(server: IssuerServer) -> None:
    assert kids(server) == ["f1"]
    assert server.asked == [OIDC, "/jwks"]


def test_an_issuer_without_openid_says_it_elsewhere(server: IssuerServer) -> None:
    server.show(path=RFC8414)
    del server.answers[OIDC]
    assert kids(server) == ["f1"]
    assert server.asked == [OIDC, RFC8414, "/jwks"]


def test_where_a_person_said_where_the_keys_are_nothing_else_is_asked(server: IssuerServer) -> None:
    assert kids(server, f"{server.base}/jwks") == ["f1"]
    assert server.asked == ["/jwks"]


def test_documents_of_another_issuer_end_the_look(server: IssuerServer) -> None:
    server.answers[OIDC] = Answer({"issuer": "https://evil.test", "jwks_uri": f"{server.base}/jwks"})
    server.show(path=RFC8414)
    with pytest.raises(NoKeys, match="openid-configuration is of another issuer"):
        kids(server)
    assert server.asked == [OIDC]


def test_where_nothing_is_found_the_first_place_is_named(server: IssuerServer) -> None:
    server.answers.clear()
    with pytest.raises(NoKeys, match=r"openid-configuration answers 404"):
        kids(server)


@pytest.mark.parametrize("url", ["http://id.example.com", "file:///etc/passwd", "x", ""])
def test_an_address_that_may_not_be_asked_is_not(url: str) -> None:
    def never(_url: str) -> bytes:
        raise AssertionError

    with pytest.raises(NoKeys):
        look(Terms(url), never)
    with pytest.raises(NoKeys):
        look(Terms("https://id.test", url or "http://evil.test"), never)
