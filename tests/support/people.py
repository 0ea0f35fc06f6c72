"""People and applications at the authorization server: a browser without scripts, and what an application does.

Over the application in process (``in_process``) or a real ``weir auth``: both are spoken to through httpx.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from auth.app import create_app
from auth.people.asked import Asked, read_asked
from auth.services import Services, Site, services_of
from weir.models.auth.records import OAuthClient, User
from weir.models.auth.secret_text import new_secret
from weir.secrets.ring import KeyRing
from weir.secrets.ring_file import new_key
from weir.serving.hosts import Hosts
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.record_kinds import CLIENTS, USERS
from weir.store.records import Records

ORIGIN = "http://127.0.0.1:8002"
PASSWORD = "correct horse battery"
CHEAP = {"MEMORY_KIB": 64, "ITERATIONS": 1}
"""For ``weir.secrets.passwords``, where a test is not about what a hash costs."""
HASH = Argon2id(
    salt=b"not for people..", length=32, iterations=1, lanes=1, memory_cost=64
).derive_phc_encoded(PASSWORD.encode())
CALLBACK = "https://app.example.com/callback"
SCOPES = ("openid", "profile", "email", "orders:read", "orders:write")


class Form(msgspec.Struct):
    action: str = ""
    method: str = ""
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    buttons: list[tuple[str, str]] = msgspec.field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(named.get("action", ""), named.get("method", "get")))
        elif tag == "input" and named.get("name"):
            self.found[-1].fields[named["name"]] = named.get("value", "")
        elif tag == "button" and named.get("name"):
            self.found[-1].buttons.append((named["name"], named.get("value", "")))


def forms_of(page: httpx.Response) -> list[Form]:
    parser = _Forms()
    parser.feed(page.text)
    return parser.found


class Pkce(NamedTuple):
    verifier: str
    challenge: str


def pkce() -> Pkce:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return Pkce(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


class Visitor:
    """A person with a browser: keeps cookies, sends forms as they stand, follows what leads to this server."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.page = httpx.Response(204)

    def open(self, address: str, **headers: str) -> httpx.Response:
        """Until a page is there, or the address is another server's (``left_to``)."""
        self.page = self.http.get(address, headers=headers)
        return self._followed()

    def submit(self, button: str = "", *, form: int = 0, **changes: str | None) -> httpx.Response:
        """A form of the page; ``changes`` replaces fields, None leaves one out. As a browser says where it is from."""
        sent = forms_of(self.page)[form]
        fields: dict[str, str | None] = {**sent.fields}
        if button:
            fields |= {name: value for name, value in sent.buttons if value == button}
        fields |= changes
        self.page = self.http.post(
            sent.action,
            data={name: value for name, value in fields.items() if value is not None},
            headers={"Origin": str(self.http.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"},
        )
        return self._followed()

    def sign_in(self, name: str = "alice", password: str = PASSWORD) -> httpx.Response:
        return self.submit(username=name, password=password)

    @property
    def left_to(self) -> str:
        """Where the browser was led outside of this server; empty: nowhere."""
        location = self.page.headers.get("Location", "")
        return location if self.page.is_redirect and not self._is_ours(location) else ""

    def brought(self) -> dict[str, str]:
        """What the browser brings the application."""
        assert self.left_to, (self.page.status_code, self.page.text)
        return {name: values[0] for name, values in parse_qs(urlsplit(self.left_to).query).items()}

    def _followed(self) -> httpx.Response:
        for _ in range(5):
            location = self.page.headers.get("Location", "")
            if not self.page.is_redirect or not self._is_ours(location):
                return self.page
            self.page = self.http.get(location)
        raise AssertionError("led in circles")

    def _is_ours(self, location: str) -> bool:
        return location.startswith("/") and not location.startswith("//")


class World:
    """A server, with one user and whatever applications are added."""

    def __init__(
        self, store: Client, keys: Keys, base_url: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.store, self.keys, self.base_url = store, keys, base_url
        self.users, self.clients = Records(store, keys, USERS), Records(store, keys, CLIENTS)
        self._transport = transport
        self.services: Services | None = None

    def close(self) -> None:
        """Ends the threads that judge passwords."""
        if self.services is not None:
            self.services.people.hashing.close()

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.base_url, transport=self._transport, timeout=30)

    def visitor(self) -> Visitor:
        return Visitor(self.http())

    def user(self, name: str = "alice", **fields: Any) -> User:
        user = User(
            **{"name": name, "password": HASH, "display_name": name.title(), "email": f"{name}@example.com"}
            | {"created_ms": self.users.now_ms()}
            | fields
        )
        assert self.users.create(user) == "created"
        return user

    def change_user(self, name: str, **fields: Any) -> None:
        kept = self.users.get(name)
        assert kept is not None
        assert self.users.replace(msgspec.structs.replace(kept.record, **fields), kept.etag) == "replaced"

    def application(self, client_id: str = "web", **fields: Any) -> Application:
        """Public unless ``secret=True``."""
        secret = new_secret("weirc") if fields.pop("secret", False) else None
        record = OAuthClient(
            **{
                "id": client_id,
                "name": "Orders",
                "auth": "client_secret_basic" if secret else "none",
                "hash": secret.hash() if secret else "",
                "redirect_uris": (CALLBACK,),
                "grants": ("authorization_code", "refresh_token"),
                "scopes": SCOPES,
                "created_ms": self.clients.now_ms(),
            }
            | fields
        )
        assert self.clients.create(record) == "created"
        return Application(self, record, secret.text() if secret else "")

    def change_client(self, client_id: str, **fields: Any) -> None:
        kept = self.clients.get(client_id)
        assert kept is not None
        assert self.clients.replace(msgspec.structs.replace(kept.record, **fields), kept.etag) == "replaced"


class Application:
    """What an application does; its state is ``state-1``."""

    def __init__(self, world: World, record: OAuthClient, secret: str) -> None:
        self.world, self.record, self.secret = world, record, secret
        self.pkce = pkce()
        self.http = world.http()

    def address(self, **changes: str | None) -> str:
        """Of its request for authorization; ``changes`` replaces parameters, None leaves one out."""
        values: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.record.id,
            "redirect_uri": CALLBACK,
            "scope": "openid orders:read",
            "state": "state-1",
            "code_challenge": self.pkce.challenge,
            "code_challenge_method": "S256",
        } | changes
        sent = {name: value for name, value in values.items() if value is not None}
        return f"/oauth2/authorize?{urlencode(sent)}"

    def code(self, visitor: Visitor, **changes: str | None) -> str:
        """Signs alice in if nobody is, and allows what is asked."""
        visitor.open(self.address(**changes))
        if "/login" in str(visitor.page.url):
            visitor.sign_in()
        if not visitor.left_to:
            visitor.submit("allow")
        return visitor.brought()["code"]

    def exchange(self, code: str | None, **changes: str | None) -> httpx.Response:
        values: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.pkce.verifier,
        } | changes
        return self.token(**values)

    def token(self, **values: str | None) -> httpx.Response:
        """A call of the token endpoint as this client."""
        if not self.secret:
            values = {"client_id": self.record.id} | values
        return self.http.post(
            "/oauth2/token",
            data={name: value for name, value in values.items() if value is not None},
            auth=(self.record.id, self.secret) if self.secret else None,
        )

    def userinfo(self, access_token: str) -> httpx.Response:
        return self.http.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def in_process(store: Client, keys: Keys, *, origin: str = ORIGIN) -> World:
    """The application without a server around it."""
    host = urlsplit(origin).netloc
    site = Site(issuer=origin, hosts=Hosts(frozenset({host}), secure=origin.startswith("https:")))
    ring = KeyRing([new_key(purpose) for purpose in ("store", "signing")])
    services = services_of(store, keys, ring, site, rotation_s=30 * 86_400)
    world = World(store, keys, origin, httpx.WSGITransport(create_app(services)))
    world.services = services
    return world


CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636, appendix B."""
WEB = OAuthClient(
    id="web",
    name="Orders",
    auth="none",
    redirect_uris=(CALLBACK,),
    grants=("authorization_code",),
    scopes=("openid", "orders:read"),
    created_ms=1,
)
VALUES = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": CALLBACK,
    "scope": "openid",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def asked(client: OAuthClient = WEB, more: tuple[tuple[str, str], ...] = (), **changes: str | None) -> Asked:
    values = [(name, value) for name, value in (VALUES | changes).items() if value is not None]
    known = {client.id: client}
    return read_asked([*values, *more], known.get, "https://auth.example.com")
