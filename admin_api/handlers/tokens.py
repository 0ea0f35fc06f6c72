"""Access tokens: made, listed, rotated, revoked. A secret is in the answer that makes it and nowhere else."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.problems import Refusal
from weir.api.operation import Role
from weir.api.tokens import MAX_TOKENS, MadeToken, Rotation, Token, TokenPage
from weir.models.auth.secret_text import SecretText
from weir.store.access_tokens import AccessToken


def page(call: Call) -> Answer:
    """By name, then id; the cursor is the last one's place in that order."""
    tokens = sorted((shown(record, used) for record, used in call.services.tokens.all()), key=order)
    rest = [token for token in tokens if order(token) > call.query.cursor] if call.query.cursor else tokens
    items = tuple(rest[: call.query.limit])
    return Answer(TokenPage(items=items, next=order(items[-1]) if len(rest) > len(items) else ""))


def create(call: Call) -> Answer:
    wanted = call.body
    made = call.services.tokens.make(wanted.name, wanted.role, wanted.expires_in_s, call.identity.name)
    return made_answer(made)


def rotate(call: Call) -> Answer:
    old = call.services.tokens.get(call.path["id"])
    if old is None:
        raise no_such_token(call.path["id"])
    wanted = call.body or Rotation()
    made = call.services.tokens.rotate(old, wanted.expires_in_s, wanted.overlap_s, call.identity.name)
    if made == "missing":
        raise no_such_token(old.id)
    return made_answer(made)


def revoke(call: Call) -> Answer:
    done = call.services.tokens.remove(call.path["id"], force=call.query.force)
    if done == "missing":
        raise no_such_token(call.path["id"])
    if done == "last":
        raise Refusal(
            409,
            "last-admin",
            "No other token has the role admin; make one first, or say force=true and use `weir admin bootstrap`.",
        )
    return Answer(audit={"token": call.path["id"]})


def made_answer(made: tuple[SecretText, AccessToken] | str) -> Answer:
    if isinstance(made, str):
        raise Refusal(409, "too-many-tokens", f"There are {MAX_TOKENS} tokens already; revoke some.")
    text, record = made
    audit = {"token": record.id, "name": record.name, "role": record.role}
    return Answer(MadeToken(token=shown(record, 0), secret=text.text()), audit=audit)


def shown(record: AccessToken, used_ms: int) -> Token:
    role: Role = record.role
    return Token(
        id=record.id,
        name=record.name,
        role=role,
        created_ms=record.created_ms,
        expires_ms=record.expires_ms,
        created_by=record.created_by,
        last_used_ms=used_ms,
    )


def order(token: Token) -> str:
    return f"{token.name}\t{token.id}"


def no_such_token(name: str) -> Refusal:
    return Refusal(404, "no-such-token", f'There is no access token with the id "{name[:80]}".')


HANDLERS: dict[str, Handler] = {
    "tokens.list": page,
    "tokens.create": create,
    "tokens.rotate": rotate,
    "tokens.revoke": revoke,
}
