"""API keys: made, listed, rotated, disabled, revoked. A secret is in the answer that makes it and nowhere else."""

from __future__ import annotations

import msgspec

from admin_api.call import Answer, Call, Handler
from admin_api.handlers.consumers import CONSUMER, distinct
from admin_api.kept import MAX_TRIES, What, busy, change, one, page, refusal
from admin_api.problems import Refusal
from weir.api.auth_values import state_of
from weir.api.keys import KeyPage, KeyRotation, KeysQuery, MadeKey, NewKey, key_of
from weir.models.auth.records import ApiKey, Consumer
from weir.models.auth.secret_text import new_secret
from weir.models.problem import Problem

KEY = What("key", "API key")


def list_all(call: Call) -> Answer:
    return _page(call, call.query.consumer or "")


def list_of(call: Call) -> Answer:
    one(call.services.accounts.consumers, call.path["name"], CONSUMER)
    return _page(call, call.path["name"])


def _page(call: Call, owner: str) -> Answer:
    query: KeysQuery = call.query
    accounts = call.services.accounts
    now_ms = accounts.now_ms()

    def fits(key: ApiKey) -> bool:
        return state_of(now_ms, key.expires_ms, disabled=key.disabled) == query.state

    kept, following = page(
        accounts.keys, query, lambda key: key.id, owner=owner, fits=fits if query.state else None
    )
    used = accounts.last_uses("key", [each.record.id for each in kept])
    items = tuple(key_of(each.record, now_ms, last) for each, last in zip(kept, used, strict=True))
    return Answer(KeyPage(items=items, next=following))


def get(call: Call) -> Answer:
    return _answer(call, one(call.services.accounts.keys, call.path["id"], KEY).record)


def create(call: Call) -> Answer:
    accounts = call.services.accounts
    wanted: NewKey = call.body or NewKey()
    consumer = one(accounts.consumers, call.path["name"], CONSUMER).record
    check_scopes(wanted.scopes, consumer)
    now_ms, text = accounts.now_ms(), new_secret("weir")
    record = ApiKey(
        id=text.id,
        consumer=consumer.name,
        name=wanted.name,
        hash=text.hash(),
        scopes=None if wanted.scopes is None else distinct(wanted.scopes),
        expires_ms=now_ms + wanted.expires_in_s * 1000 if wanted.expires_in_s else 0,
        created_ms=now_ms,
        created_by=call.identity.name[:256],
    )
    done = accounts.keys.create(record)
    if done == "full":
        raise full()
    if done != "created":
        raise refusal(done, record.id, KEY)
    return made(record, text.text(), now_ms)


def rotate(call: Call) -> Answer:
    accounts = call.services.accounts
    wanted: KeyRotation = call.body or KeyRotation()
    for _ in range(MAX_TRIES):
        old = one(accounts.keys, call.path["id"], KEY)
        now_ms, text = accounts.now_ms(), new_secret("weir")
        if state_of(now_ms, old.record.expires_ms, disabled=old.record.disabled) in ("expired", "disabled"):
            raise Refusal(
                409, "not-in-use", "The key has expired or is disabled; enable it, or make a new one."
            )
        record = successor(old.record, text.id, text.hash(), now_ms, wanted.expires_in_s, call.identity.name)
        done = accounts.rotate_key(old.record.id, record, wanted.overlap_s * 1000)
        if done == "rotated":
            return made(record, text.text(), now_ms)
        if done == "full":
            raise full()
        if done not in ("stale", "exists"):
            raise refusal(done, old.record.id, KEY)
    raise busy()


def successor(
    old: ApiKey, identity: str, hashed: str, now_ms: int, expires_in_s: int | None, by: str
) -> ApiKey:
    """The same rights; without a word about its end, it lives as long as the old one was to."""
    if expires_in_s is None:
        life_ms = old.expires_ms - old.created_ms if old.expires_ms else 0
    else:
        life_ms = expires_in_s * 1000
    return msgspec.structs.replace(
        old,
        id=identity,
        hash=hashed,
        created_ms=now_ms,
        created_by=by[:256],
        expires_ms=now_ms + life_ms if life_ms else 0,
        replaces=old.id,
    )


def disable(call: Call) -> Answer:
    return _set_disabled(call, disabled=True)


def enable(call: Call) -> Answer:
    return _set_disabled(call, disabled=False)


def _set_disabled(call: Call, *, disabled: bool) -> Answer:
    kept = change(
        call.services.accounts.keys,
        call.path["id"],
        KEY,
        lambda key: msgspec.structs.replace(key, disabled=disabled),
    )
    return _answer(call, kept.record)


def revoke(call: Call) -> Answer:
    accounts = call.services.accounts
    known = accounts.keys.get(call.path["id"])
    done = accounts.keys.remove(call.path["id"])
    if done != "removed":
        raise KEY.missing(call.path["id"])
    return Answer(audit=_told(known.record) if known else {})


def check_scopes(scopes: tuple[str, ...] | None, consumer: Consumer) -> None:
    """Raises Refusal: a key may not do more than its consumer."""
    beyond = [scope for scope in scopes or () if scope not in consumer.scopes]
    if beyond:
        message = f'the consumer {consumer.name} has no scope "{beyond[0]}"'
        problem = Problem("unknown-scope", message, path="scopes", expected=", ".join(consumer.scopes))
        raise Refusal(
            422,
            "unknown-scope",
            f"A key may do less than its consumer, not more: {message}.",
            errors=[problem],
        )


def full() -> Refusal:
    return Refusal(
        409, "too-many-keys", "The consumer, or the cluster, has as many keys as it may; revoke some."
    )


def made(record: ApiKey, secret: str, now_ms: int) -> Answer:
    return Answer(MadeKey(key=key_of(record, now_ms, 0), secret=secret), audit=_told(record))


def _answer(call: Call, record: ApiKey) -> Answer:
    accounts = call.services.accounts
    (last,) = accounts.last_uses("key", [record.id])
    return Answer(key_of(record, accounts.now_ms(), last), audit=_told(record))


def _told(record: ApiKey) -> dict[str, str]:
    told = {"key": record.id, "consumer": record.consumer, "name": record.name, "replaces": record.replaces}
    return {name: value for name, value in told.items() if value}


HANDLERS: dict[str, Handler] = {
    "keys.list": list_all,
    "keys.list_of": list_of,
    "keys.create": create,
    "keys.get": get,
    "keys.rotate": rotate,
    "keys.disable": disable,
    "keys.enable": enable,
    "keys.revoke": revoke,
}
