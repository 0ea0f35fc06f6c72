"""Initial tokens: whoever has one may register clients."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.handlers.consumers import distinct
from admin_api.kept import What, page, refusal
from weir.api.initial_tokens import InitialTokenPage, MadeInitialToken, NewInitialToken, token_of
from weir.models.auth.records import InitialToken
from weir.models.auth.secret_text import new_secret

INITIAL = What("initial-token", "initial token")


def list_all(call: Call) -> Answer:
    kept, following = page(call.services.accounts.initial_tokens, call.query, lambda token: token.id)
    return Answer(InitialTokenPage(items=tuple(token_of(each.record) for each in kept), next=following))


def create(call: Call) -> Answer:
    accounts = call.services.accounts
    wanted: NewInitialToken = call.body or NewInitialToken()
    now_ms, text = accounts.now_ms(), new_secret("weiri")
    record = InitialToken(
        id=text.id,
        hash=text.hash(),
        name=wanted.name,
        expires_ms=now_ms + wanted.expires_in_s * 1000,
        left=wanted.left,
        scopes=distinct(wanted.scopes),
        created_ms=now_ms,
        created_by=call.identity.name[:256],
    )
    done = accounts.initial_tokens.create(record)
    if done != "created":
        raise refusal(done, record.id, INITIAL)
    told = {"token": record.id, "name": record.name, "left": str(record.left)}
    return Answer(MadeInitialToken(token=token_of(record), secret=text.text()), audit=told)


def revoke(call: Call) -> Answer:
    if call.services.accounts.initial_tokens.remove(call.path["id"]) != "removed":
        raise INITIAL.missing(call.path["id"])
    return Answer()


HANDLERS: dict[str, Handler] = {
    "initial-tokens.list": list_all,
    "initial-tokens.create": create,
    "initial-tokens.revoke": revoke,
}
