"""What an application asks for at the authorization endpoint, read strictly (RFC 6749 §4.1.1, RFC 7636, OIDC Core).

Nothing is ever sent to an address that is not registered: until client and address are known to belong together, a
problem is for the person's eyes only (``NotToClient``); from then on it goes to the application (``Refused``). PKCE
with S256 is demanded of every application, whatever else it could prove.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from authlib.oauth2.rfc6749 import OAuth2Error

from auth.people.redirects import is_registered
from auth.tokens.audiences import audiences_asked, audiences_of
from auth.tokens.scopes import scopes_asked
from weir.models.auth.records import OAuthClient

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 in base64url."""
MAX_STATE = 2048
MAX_NONCE = 512
MAX_CLIENT_ID = 128
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_NOT_HERE = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
"""Parameters that would bring others along (OIDC Core §3.1.2.6): ignored they would be a way around the checks."""


class NotToClient(Exception):
    """No application can be told: unknown, or the address is not its own."""


class Refused(Exception):
    """``error`` and its description go to the application's address, which is its own."""

    def __init__(self, error: str, description: str, redirect_uri: str = "", state: str = "") -> None:
        super().__init__(description)
        self.error = error
        self.redirect_uri = redirect_uri
        self.state = state


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request for authorization that may be put before a person."""

    client: OAuthClient
    redirect_uri: str
    asked_uri: str
    """As it stood in the request; empty if it was left out."""
    state: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    challenge: str
    nonce: str
    prompts: frozenset[str]
    max_age_s: int | None
    login_hint: str
    id_token_hint: str


def read_asked(
    values: Iterable[tuple[str, str]], find: Callable[[str], OAuthClient | None], issuer: str
) -> Asked:
    """``values``: the parameters in their order. Raises ``NotToClient`` and ``Refused``."""
    given: dict[str, list[str]] = {}
    for name, value in values:
        if value:
            given.setdefault(name, []).append(value)
    client = _client(given, find)
    redirect_uri = _redirect_uri(given, client)
    state = given.get("state", [""])[0]
    if len(state) > MAX_STATE:
        raise Refused("invalid_request", f"state has over {MAX_STATE} characters", redirect_uri)
    try:
        return _checked(given, client, redirect_uri, state, issuer)
    except Refused as refused:
        refused.redirect_uri, refused.state = redirect_uri, state
        raise
    except OAuth2Error as error:
        raise Refused(error.error, error.description, redirect_uri, state) from error


def _client(given: Mapping[str, Sequence[str]], find: Callable[[str], OAuthClient | None]) -> OAuthClient:
    ids = given.get("client_id", ())
    if len(ids) != 1:
        raise NotToClient("The request has no client_id." if not ids else "The request has client_id twice.")
    client = find(ids[0]) if len(ids[0]) <= MAX_CLIENT_ID else None
    if client is None or client.disabled:
        raise NotToClient("No application is registered under this client_id.")
    return client


def _redirect_uri(given: Mapping[str, Sequence[str]], client: OAuthClient) -> str:
    """Where the answer goes. Left out, it is the only one that is registered (RFC 6749 §3.1.2.3)."""
    asked = given.get("redirect_uri", ())
    if len(asked) > 1:
        raise NotToClient("The request has redirect_uri twice.")
    if not asked:
        if len(client.redirect_uris) != 1:
            raise NotToClient("The request has no redirect_uri.")
        return client.redirect_uris[0]
    if not is_registered(asked[0], client.redirect_uris):
        raise NotToClient("The redirect_uri of the request is not registered for this application.")
    return asked[0]


def _checked(
    given: Mapping[str, Sequence[str]], client: OAuthClient, redirect_uri: str, state: str, issuer: str
) -> Asked:
    for name, values in given.items():
        if len(values) > 1 and name != "resource":
            raise Refused("invalid_request", f"the request has {_shown(name)} twice")
    for name, error in _NOT_HERE.items():
        if name in given:
            raise Refused(error, f"the parameter {name} is not supported")
    one = {name: values[0] for name, values in given.items()}
    _check_response(one, client)
    return Asked(
        client=client,
        redirect_uri=redirect_uri,
        asked_uri=one.get("redirect_uri", ""),
        state=state,
        scopes=scopes_asked(one.get("scope"), client.scopes),
        audiences=audiences_asked(given.get("resource", ()), audiences_of(client, issuer)),
        challenge=_challenge(one),
        nonce=_bounded(one, "nonce", MAX_NONCE),
        prompts=_prompts(one.get("prompt", "")),
        max_age_s=_max_age(one.get("max_age")),
        login_hint=one.get("login_hint", "")[:128],
        id_token_hint=one.get("id_token_hint", ""),
    )


def _check_response(one: Mapping[str, str], client: OAuthClient) -> None:
    if "response_type" not in one:
        raise Refused("invalid_request", "the request has no response_type")
    if one["response_type"] != "code":
        raise Refused("unsupported_response_type", "response_type must be code")
    if one.get("response_mode", "query") != "query":
        raise Refused("invalid_request", "response_mode must be query")
    if "authorization_code" not in client.grants:
        raise Refused("unauthorized_client", "this application may not use authorization_code")


def _challenge(one: Mapping[str, str]) -> str:
    """The method must be said: left out it would be ``plain`` (RFC 7636 §4.3), which protects nothing."""
    if "code_challenge" not in one:
        raise Refused("invalid_request", "PKCE is required: the request has no code_challenge")
    if one.get("code_challenge_method") != "S256":
        raise Refused("invalid_request", "code_challenge_method must be S256")
    if not CHALLENGE.fullmatch(one["code_challenge"]):
        raise Refused("invalid_request", "code_challenge is no SHA-256 in base64url")
    return one["code_challenge"]


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    if not prompts <= PROMPTS:
        raise Refused("invalid_request", f"prompt is none of {', '.join(sorted(PROMPTS))}")
    if "none" in prompts and len(prompts) > 1:
        raise Refused("invalid_request", "prompt has none beside others")
    return prompts


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Refused("invalid_request", "max_age is no number of seconds")
    return int(text)


def _bounded(one: Mapping[str, str], name: str, most: int) -> str:
    value = one.get(name, "")
    if len(value) > most:
        raise Refused("invalid_request", f"{name} has over {most} characters")
    return value


def _shown(text: str) -> str:
    """As a description may have it: ASCII without quotation marks and backslashes, and short (RFC 6749 §4.1.2.1)."""
    return re.sub(r"[^ !#-\[\]-~]", "?", text[:64])
