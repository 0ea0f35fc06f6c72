"""What every library must be able to do with ``weir auth``: the applications, a person, and what must come of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
from playwright.sync_api import Page

from tests.support.wait import wait_until
from weir.api.oauth_clients import OAuthClientBody

SCOPE = "orders:read"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

SERVICE = OAuthClientBody(client_name="Nightly report", scope=SCOPE)
POSTING = OAuthClientBody(
    client_name="Morning report", token_endpoint_auth_method="client_secret_post", scope=SCOPE
)
APP = OAuthClientBody(
    client_name="Orders",
    token_endpoint_auth_method="none",
    grant_types=("authorization_code", "refresh_token"),
    redirect_uris=("http://127.0.0.1/cb",),
    scope=f"openid profile {SCOPE}",
)
DEVICE = OAuthClientBody(
    client_name="Living room", token_endpoint_auth_method="none", grant_types=(DEVICE_GRANT,), scope=SCOPE
)


class Applications(NamedTuple):
    issuer: str
    edge: str
    redirect: str
    service: tuple[str, str]
    """Its id and its secret."""
    posting: tuple[str, str]
    """The same of one that sends them in the body."""
    app: str
    device: str

    def orders(self, access_token: str) -> httpx.Response:
        """The protected rule of the edge; behind it, a service that answers with the request."""
        return httpx.get(f"{self.edge}/orders", headers={"Authorization": f"Bearer {access_token}"})


class Person(NamedTuple):
    page: Page
    name: str
    password: str

    def allow(self, address: str) -> str:
        """Signs in, allows what is asked; where the browser was led."""
        self._sign_in(address)
        self.page.get_by_role("button", name="Allow", exact=True).click()
        self.page.get_by_text("back at the application").wait_for()
        return self.page.url

    def connect(self, address: str) -> None:
        """A device, by the address that it shows."""
        self._sign_in(address)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("heading", name="Connect this device?").wait_for()
        self.page.get_by_role("button", name="Allow", exact=True).click()
        self.page.get_by_text("The device is connected.").wait_for()

    def _sign_in(self, address: str) -> None:
        self.page.goto(address)
        if self.page.locator("#password").count():
            self.page.locator("#username").fill(self.name)
            self.page.locator("#password").fill(self.password)
            self.page.locator("#password").press("Enter")


class Done(NamedTuple):
    """What a library got; each is a token response, or an answer about a token."""

    client_credentials: dict[str, Any]
    authorization_code: dict[str, Any]
    refresh: dict[str, Any]
    device_code: dict[str, Any]
    active: dict[str, Any]
    revoked: dict[str, Any]


def check(done: Done, applications: Applications) -> None:
    """All of it came, the edge knows whose token is whose, and refuses the one that was revoked."""
    for token in (done.authorization_code, done.refresh, done.device_code):
        scopes = token["scope"]
        assert SCOPE in (scopes.split() if isinstance(scopes, str) else scopes)
        answer = applications.orders(token["access_token"])
        assert answer.status_code == 200, answer.text
        assert "x-weir-subject: alice" in [line.lower() for line in answer.json()["headers"]]
    assert done.authorization_code["id_token"]
    assert done.refresh["refresh_token"] != done.authorization_code["refresh_token"]
    assert (done.active["active"], done.revoked) == (True, {"active": False})
    assert done.active["client_id"] in (applications.service[0], applications.posting[0])
    own = done.client_credentials["access_token"]
    wait_until(
        lambda: applications.orders(own).status_code == 401, within_s=20, what="the end of a revoked token"
    )
