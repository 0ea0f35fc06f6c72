"""OAuth clients: registered, changed, removed; their secrets made anew; their tokens revoked."""

from __future__ import annotations

from typing import Any

import msgspec

from admin_api.call import Answer, Call, Handler
from admin_api.client_rules import problems_of
from admin_api.handlers.consumers import distinct
from admin_api.kept import What, change, one, page, refusal, remove, write
from admin_api.problems import Refusal
from weir.api.oauth_clients import (
    MadeOAuthClient,
    OAuthClientBody,
    OAuthClientPage,
    OAuthClientsQuery,
    RevokedTokens,
    SecretRotation,
    client_of,
)
from weir.models.auth.records import OAuthClient
from weir.models.auth.secret_text import new_secret
from weir.models.problem import Problem
from weir.store.records import Kept

CLIENT = What("oauth-client", "OAuth client")
WITH_SECRET = ("client_secret_basic", "client_secret_post")


def list_all(call: Call) -> Answer:
    query: OAuthClientsQuery = call.query
    text = query.q.lower()
    kept, following = page(
        call.services.accounts.oauth_clients,
        query,
        lambda client: client.id,
        owner=query.consumer or "",
        fits=(lambda client: text in client.id.lower() or text in client.name.lower()) if text else None,
    )
    return Answer(OAuthClientPage(items=tuple(client_of(*each) for each in kept), next=following))


def get(call: Call) -> Answer:
    return _answer(one(call.services.accounts.oauth_clients, call.path["id"], CLIENT))


def create(call: Call) -> Answer:
    accounts = call.services.accounts
    body: OAuthClientBody = call.body
    _check(body)
    now_ms, text = accounts.now_ms(), new_secret("weirc")
    has_secret = body.token_endpoint_auth_method in WITH_SECRET
    record = OAuthClient(
        id=text.id,
        auth=body.token_endpoint_auth_method,
        hash=text.hash() if has_secret else "",
        created_ms=now_ms,
        created_by=call.identity.name[:256],
        **_fields(body),
    )
    done = accounts.oauth_clients.create(record)
    if done != "created":
        raise _refusal(done, record.id)
    kept = one(accounts.oauth_clients, record.id, CLIENT)
    return _made(kept, text.text() if has_secret else "")


def replace(call: Call) -> Answer:
    accounts = call.services.accounts
    body: OAuthClientBody = call.body
    _check(body)

    def make(before: OAuthClient | None) -> OAuthClient:
        if before is None:
            raise CLIENT.missing(call.path["id"])
        if before.auth != body.token_endpoint_auth_method:
            message = f"it is {before.auth}; another way to authenticate is another client"
            problem = Problem("fixed", message, path="token_endpoint_auth_method", expected=before.auth)
            raise Refusal(
                422, "fixed", f"`token_endpoint_auth_method` cannot change: {message}.", errors=[problem]
            )
        return msgspec.structs.replace(before, **_fields(body))

    try:
        kept = write(call, accounts.oauth_clients, call.path["id"], CLIENT, make, creates=False)
    except Refusal as error:
        raise _refusal("orphan", "") if error.code == "no-such-consumer" else error from None
    return _answer(kept, {"consumer": body.consumer or "", "scope": body.scope[:256]})


def delete(call: Call) -> Answer:
    remove(call, call.services.accounts.oauth_clients, call.path["id"], CLIENT)
    return Answer()


def rotate_secret(call: Call) -> Answer:
    accounts = call.services.accounts
    wanted: SecretRotation = call.body or SecretRotation()
    now_ms, text = accounts.now_ms(), new_secret("weirc")._replace(id=call.path["id"])

    def make(before: OAuthClient) -> OAuthClient:
        if not before.hash:
            raise Refusal(409, "no-secret", f"The client authenticates by {before.auth}; it has no secret.")
        return msgspec.structs.replace(
            before,
            hash=text.hash(),
            previous_hash=before.hash if wanted.overlap_s else "",
            previous_until_ms=now_ms + wanted.overlap_s * 1000 if wanted.overlap_s else 0,
        )

    return _made(change(accounts.oauth_clients, call.path["id"], CLIENT, make), text.text())


def revoke_tokens(call: Call) -> Answer:
    """Seconds are what tokens know of when they were issued: one of this very second is revoked too."""
    accounts = call.services.accounts
    now_ms = accounts.now_ms()
    kept = change(
        accounts.oauth_clients,
        call.path["id"],
        CLIENT,
        lambda before: msgspec.structs.replace(before, not_before_ms=max(now_ms, before.not_before_ms)),
    )
    return Answer(RevokedTokens(not_before_ms=kept.record.not_before_ms))


def _fields(body: OAuthClientBody) -> dict[str, Any]:
    """What may change."""
    return {
        "name": body.client_name,
        "consumer": body.consumer or "",
        "jwks": msgspec.json.encode(body.jwks, order="deterministic").decode() if body.jwks else "",
        "redirect_uris": distinct(body.redirect_uris),
        "post_logout_redirect_uris": distinct(body.post_logout_redirect_uris),
        "grants": distinct(body.grant_types),
        "scopes": distinct(tuple(body.scope.split())),
        "audiences": distinct(body.audiences),
        "opaque": body.opaque,
        "access_s": body.access_s,
        "refresh_s": body.refresh_s,
        "consent": body.consent,
        "disabled": body.disabled,
    }


def _check(body: OAuthClientBody) -> None:
    """Raises Refusal with everything that is wrong."""
    problems = problems_of(body)
    if problems:
        raise Refusal(422, problems[0].code, f"{problems[0].text()}.", errors=problems)


def _refusal(done: str, identity: str) -> Refusal:
    if done == "orphan":
        problem = Problem("no-such-consumer", "there is no consumer of this name", path="consumer")
        return Refusal(422, "no-such-consumer", "There is no such consumer.", errors=[problem])
    return refusal(done, identity, CLIENT)


def _answer(kept: Kept[OAuthClient], told: dict[str, str] | None = None) -> Answer:
    audit = {name: value for name, value in (told or {}).items() if value}
    return Answer(client_of(kept.record, kept.etag), etag=kept.etag, audit=audit)


def _made(kept: Kept[OAuthClient], secret: str) -> Answer:
    told = {"client": kept.record.id, "name": kept.record.name}
    return Answer(MadeOAuthClient(client=client_of(kept.record, kept.etag), client_secret=secret), audit=told)


HANDLERS: dict[str, Handler] = {
    "oauth-clients.list": list_all,
    "oauth-clients.get": get,
    "oauth-clients.create": create,
    "oauth-clients.replace": replace,
    "oauth-clients.delete": delete,
    "oauth-clients.rotate_secret": rotate_secret,
    "oauth-clients.revoke_tokens": revoke_tokens,
}
