from __future__ import annotations

import pytest

from tests.support.admin import SecuredAdmin
from tests.support.servers import RunningServer
from weir.store.connect import Client, connect


def test_the_first_page_says_what_this_is_and_leads_on(client: Client) -> None:
    page = SecuredAdmin(client).call("GET", "/")
    assert page.content_type == "text/html; charset=utf-8"
    assert '<a href="/api/v1/openapi.json">' in page.text


def test_ready_means_that_the_store_answers(client: Client) -> None:
    assert SecuredAdmin(client).call("GET", "/readyz").status_code == 200
    away = SecuredAdmin(connect("redis://127.0.0.1:1"))
    assert [away.call("GET", path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    asked = away.call("GET", "/api/v1/session", "weirt_x")
    assert (asked.status_code, asked.json["code"], asked.headers["Retry-After"]) == (503, "store-away", "1")


def test_a_link_is_not_used_up_by_a_login_that_the_store_did_not_hear(store: RunningServer) -> None:
    away = SecuredAdmin(connect("redis://127.0.0.1:1"))
    answer = away.call("GET", "/login?link=x")
    assert (answer.status_code, answer.json["code"]) == (503, "store-away")


@pytest.mark.parametrize("path", ["/api/v2", "/favicon.ico", "/api/v1"])
def test_nothing_else_is_there(client: Client, path: str) -> None:
    assert SecuredAdmin(client).call("GET", path).json["code"] == "no-such-operation"
