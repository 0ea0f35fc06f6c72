"""Who calls, and the sessions of a browser."""

from __future__ import annotations

from admin_api.access.cookies import clear_cookie, set_cookie
from admin_api.access.credentials import Credentials
from admin_api.call import Answer, Call, Handler
from admin_api.problems import Refusal
from weir.api.operation import Role
from weir.api.sessions import Caller, LoginLink
from weir.store.access_tokens import AccessToken


def create(call: Call) -> Answer:
    """The role is the token's, at every later call anew."""
    token = logged_in(call)
    secret, session = call.services.sessions.begin(token.id)
    role: Role = token.role
    caller = Caller(
        name=token.name,
        role=role,
        kind="session",
        id=token.id,
        expires_ms=session.expires_ms,
        csrf=session.csrf,
    )
    cookie = set_cookie(secret, secure=call.services.secure_cookies)
    return Answer(caller, headers={"Set-Cookie": cookie}, audit={"actor": token.name, "token": token.id})


def logged_in(call: Call) -> AccessToken:
    services = call.services
    credentials = Credentials(services.tokens, services.links, services.throttle)
    if bool(call.body.token) == bool(call.body.link):
        raise Refusal(400, "invalid-body", "A session begins with a token or with a link: give one of them.")
    if call.body.token:
        return credentials.of_login(call.body.token, call.address)
    return credentials.of_link(call.body.link, call.address)


def current(call: Call) -> Answer:
    who = call.identity
    if who.role is None or who.kind == "anonymous":
        raise Refusal(401, "unauthenticated", "Nobody has said who calls.")
    caller = Caller(
        name=who.name, role=who.role, kind=who.kind, id=who.id, expires_ms=who.expires_ms, csrf=who.csrf
    )
    return Answer(caller)


def delete(call: Call) -> Answer:
    if call.identity.session:
        call.services.sessions.end(call.identity.session)
    return Answer(headers={"Set-Cookie": clear_cookie(secure=call.services.secure_cookies)})


def link(call: Call) -> Answer:
    secret, expires_ms = call.services.links.make(call.identity.id)
    return Answer(LoginLink(path=f"/login?link={secret}", expires_ms=expires_ms))


HANDLERS: dict[str, Handler] = {
    "sessions.create": create,
    "sessions.current": current,
    "sessions.delete": delete,
    "sessions.link": link,
}
