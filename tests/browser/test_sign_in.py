"""Signing in, allowing an application and connecting a device, as people do it: a real browser, a real ``weir auth``.

Without JavaScript and by keyboard, in the dark, on a phone, in Chinese.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

from tests.support.auth_server import AuthProcess
from tests.support.chromium import chromium
from tests.support.people import PASSWORD, Application, World
from tests.support.servers import server_folder, start_server, valkey_binary
from weir.store.connect import connect
from weir.store.keys import Keys

pytestmark = pytest.mark.xdist_group("chromium")
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PHONE: ViewportSize = {"width": 360, "height": 640}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    """Where the application on this machine waits for its code."""

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


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with server_folder() as folder:
        store = start_server(folder, valkey_binary())
        auth = AuthProcess(tmp_path_factory.mktemp("auth"), store.url)
        client = connect(store.url, timeout_s=10.0)
        world = World(client, Keys("test"), auth.url)
        world.user("alice", display_name="Alice 爱丽丝")
        yield world
        client.close()
        auth.close()
        store.stop()


@pytest.fixture(scope="module")
def web(world: World) -> Application:
    return world.application("web", redirect_uris=("http://127.0.0.1/cb",))


@pytest.fixture(scope="module")
def session(browser: Browser, world: World) -> StorageState:
    """Cookies of somebody who is signed in."""
    context = browser.new_context()
    page = context.new_page()
    signed_in(page, world, "/")
    page.get_by_role("heading", name="Your account").wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page of a browser of its own; what its console complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    # The status of a page that says what went wrong is an error to the console, too.
    assert [text for text in complaints if "status of 4" not in text] == []


def brought(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def signed_in(page: Page, world: World, path: str) -> None:
    page.goto(world.base_url + path)
    page.locator("#username").fill("alice")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")


def test_without_scripts_and_by_keyboard_a_person_gets_to_the_application(
    world: World, web: Application, callback: str, opened: Callable[..., Page]
) -> None:
    page = opened(java_script_enabled=False, locale="en-GB")
    page.goto(world.base_url + web.address(redirect_uri=callback))
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text() == "The user name or the password is wrong."
    assert page.title() == "Error: Sign in · Weir"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Allow Orders?").wait_for()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Allow"
    page.keyboard.press("Enter")
    page.get_by_text("back at the application").wait_for()
    assert page.url.startswith(callback + "?code=")
    assert brought(page)["iss"] == world.base_url
    answer = web.exchange(brought(page)["code"], redirect_uri=callback)
    assert answer.status_code == 200, answer.text
    assert web.userinfo(answer.json()["access_token"]).json()["sub"] == "alice"


def test_a_remembered_application_is_led_to_straight_from_the_sign_in(
    world: World, callback: str, opened: Callable[..., Page]
) -> None:
    """The browser's ``form-action`` holds for where the answer to the form leads, and for where that leads."""
    own = world.application("own", redirect_uris=("http://127.0.0.1/cb",), consent=False)
    page = opened()
    signed_in(page, world, own.address(redirect_uri=callback))
    page.get_by_text("back at the application").wait_for()
    assert "code" in brought(page)


def test_a_device_is_connected_by_its_address_but_not_without_asking(
    world: World, opened: Callable[..., Page], session: StorageState
) -> None:
    tv = world.application("tv", name="Living room", grants=(GRANT,), redirect_uris=())
    codes = tv.http.post("/oauth2/device", data={"client_id": "tv", "scope": "openid"}).json()
    page = opened(java_script_enabled=False, storage_state=session)
    page.goto(codes["verification_uri_complete"])
    assert page.get_by_label("Code").input_value() == codes["user_code"]
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Connect this device?").wait_for()
    assert codes["user_code"] in page.locator(".warning").inner_text()
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_text("The device is connected.").wait_for()
    assert "access_token" in tv.token(grant_type=GRANT, device_code=codes["device_code"]).json()


def test_what_helps_people_who_do_not_see_the_page_is_there(
    world: World, web: Application, callback: str, opened: Callable[..., Page], session: StorageState
) -> None:
    page = opened()
    page.goto(world.base_url + web.address(redirect_uri=callback))
    assert page.locator("body").aria_snapshot().replace(" [active]", "") == (
        "- banner: Weir\n"
        "- main:\n"
        '  - heading "Sign in" [level=1]\n'
        "  - paragraph: Sign in to go on to Orders.\n"
        "  - text: User name\n"
        '  - textbox "User name"\n'
        "  - text: Password\n"
        '  - textbox "Password"\n'
        '  - button "Sign in"'
    )
    page = opened(storage_state=session)
    page.goto(world.base_url + web.address(redirect_uri=callback))
    snapshot = page.locator("main").aria_snapshot()
    assert 'heading "Allow Orders?" [level=1]' in snapshot
    assert 'list "Orders asks for:"' in snapshot
    assert 'button "Allow"' in snapshot
    assert 'button "Deny"' in snapshot


@pytest.mark.parametrize(
    ("scheme", "locale", "heading"),
    [("light", "en-GB", "Allow Orders?"), ("dark", "zh-CN", "允许 Orders？")],
)
def test_nothing_is_cut_off_on_a_phone(
    world: World,
    web: Application,
    callback: str,
    opened: Callable[..., Page],
    session: StorageState,
    scheme: Any,
    locale: str,
    heading: str,
) -> None:
    page = opened(viewport=PHONE, color_scheme=scheme, locale=locale, storage_state=session)
    page.goto(world.base_url + web.address(redirect_uri=callback))
    page.get_by_role("heading", name=heading).wait_for()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.goto(world.base_url + "/")
    assert page.evaluate(wide) <= 0
