"""A device gets its two codes."""

from __future__ import annotations

import pytest

from auth.endpoints.device_authorization import MOST_BY_ADDRESS
from tests.support.people import ORIGIN, Application, World
from weir.store.oauth import devices

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def tv(world: World) -> Application:
    return world.application("tv", grants=(GRANT,), redirect_uris=())


def test_a_device_gets_two_codes_and_where_to_type_one(tv: Application) -> None:
    answer = tv.http.post("/oauth2/device", data={"client_id": "tv"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert len(body.pop("device_code")) == 43
    code = body.pop("user_code")
    assert body == {
        "verification_uri": f"{ORIGIN}/device",
        "verification_uri_complete": f"{ORIGIN}/device?user_code={code}",
        "expires_in": 600,
        "interval": 5,
    }


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"scope": "openid"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "web"}, 400, "unauthorized_client"),
        ({"client_id": "tv", "scope": "all"}, 400, "invalid_scope"),
        ({"client_id": "tv", "resource": "https://other.example"}, 400, "invalid_target"),
    ],
)
def test_what_is_wrong_is_said(
    tv: Application, web: Application, form: dict[str, str], status: int, error: str
) -> None:
    answer = tv.http.post("/oauth2/device", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_nobody_fills_the_store_with_devices(tv: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [tv.http.post("/oauth2/device", data={"client_id": "tv"}) for _ in range(MOST_BY_ADDRESS + 1)]
    assert [answer.status_code for answer in answers] == [200] * MOST_BY_ADDRESS + [503]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_more_than_may_wait_are_told_to_come_back(tv: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MAX_DEVICES", 0)
    answer = tv.http.post("/oauth2/device", data={"client_id": "tv"})
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
