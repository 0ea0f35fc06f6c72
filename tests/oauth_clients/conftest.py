"""``weir up`` with a person, three applications and a protected rule; a browser, and where the application waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.oauth_clients.flows import APP, DEVICE, POSTING, SCOPE, SERVICE, Applications, Person
from tests.support.chromium import chromium
from tests.support.weir_command import Commands
from tests.support.weir_up import WeirUp
from weir.api.users import NewUser
from weir.client.access import find
from weir.client.client import Client

PASSWORD = "correct horse battery"
RULES = f"""language 1
rule orders {{ when path == "/orders"; require token(scope: "{SCOPE}"); rewrite path "/echo"; proxy DEMO }}
"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def callback() -> Iterator[str]:
    class Callback(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"back at the application")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/cb"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="package")
def up(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeirUp]:
    """After the browser: where there is none, nothing is started."""
    up = WeirUp(tmp_path_factory.mktemp("up") / "state")
    try:
        yield up.ready()
    finally:
        up.close()


@pytest.fixture(scope="package")
def applications(up: WeirUp, callback: str, tmp_path_factory: pytest.TempPathFactory) -> Applications:
    variables = Commands(up.state, tmp_path_factory.mktemp("home")).variables
    with Client.at(find(variables, state=up.state)) as client:
        client.users.create(NewUser(name="alice", password=PASSWORD, display_name="Alice"))
        made = {
            name: client.oauth_clients.create(body)
            for name, body in (("service", SERVICE), ("posting", POSTING), ("app", APP), ("device", DEVICE))
        }
        client.config.replace(RULES.replace("DEMO", up.addresses["demo"]), if_match="*")
    return Applications(
        issuer=up.addresses["auth"],
        edge=up.url,
        redirect=callback,
        service=(made["service"].client.client_id, made["service"].client_secret),
        posting=(made["posting"].client.client_id, made["posting"].client_secret),
        app=made["app"].client.client_id,
        device=made["device"].client.client_id,
    )


@pytest.fixture
def alice(browser: Browser, callback: str) -> Iterator[Person]:
    """With a browser that nobody has signed in with."""
    context = browser.new_context()
    yield Person(context.new_page(), "alice", PASSWORD)
    context.close()


@pytest.fixture(scope="package")
def metadata(applications: Applications) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{applications.issuer}/.well-known/oauth-authorization-server").json()
    return found


@pytest.fixture(scope="package")
def here() -> Path:
    return Path(__file__).parent
