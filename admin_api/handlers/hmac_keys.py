"""HMAC keys: shared secrets of consumers, kept encrypted with the key ring."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.handlers.consumers import CONSUMER
from admin_api.kept import What, one, page, refusal
from weir.api.hmac_keys import HmacKeyPage, MadeHmacKey, NewHmacKey, hmac_key_of
from weir.models.auth.records import HmacKey
from weir.models.auth.secret_text import random_text

HMAC_KEY = What("hmac-key", "HMAC key")
ID, SECRET = 12, 43
"""Letters and digits; the secret has 256 bits."""


def list_of(call: Call) -> Answer:
    accounts = call.services.accounts
    one(accounts.consumers, call.path["name"], CONSUMER)
    kept, following = page(accounts.hmac_keys, call.query, lambda key: key.id, owner=call.path["name"])
    now_ms, used = accounts.now_ms(), accounts.last_uses("hmac", [each.record.id for each in kept])
    items = tuple(hmac_key_of(each.record, now_ms, last) for each, last in zip(kept, used, strict=True))
    return Answer(HmacKeyPage(items=items, next=following))


def create(call: Call) -> Answer:
    accounts = call.services.accounts
    wanted: NewHmacKey = call.body or NewHmacKey()
    consumer = one(accounts.consumers, call.path["name"], CONSUMER).record
    now_ms, identity, secret = accounts.now_ms(), random_text(ID), random_text(SECRET)
    record = HmacKey(
        id=identity,
        consumer=consumer.name,
        sealed=accounts.seal(secret, f"hmac:{identity}"),
        expires_ms=now_ms + wanted.expires_in_s * 1000 if wanted.expires_in_s else 0,
        created_ms=now_ms,
        created_by=call.identity.name[:256],
    )
    done = accounts.hmac_keys.create(record)
    if done != "created":
        raise refusal(done, identity, HMAC_KEY)
    told = {"consumer": consumer.name, "key": identity}
    return Answer(MadeHmacKey(key=hmac_key_of(record, now_ms, 0), secret=secret), audit=told)


def revoke(call: Call) -> Answer:
    accounts = call.services.accounts
    consumer, identity = call.path["name"], call.path["id"]
    found = accounts.hmac_keys.get(identity)
    if found is None or found.record.consumer != consumer:
        raise HMAC_KEY.missing(identity)
    if accounts.hmac_keys.remove(identity) != "removed":
        raise HMAC_KEY.missing(identity)
    return Answer(audit={"consumer": consumer, "key": identity})


HANDLERS: dict[str, Handler] = {
    "hmac-keys.list": list_of,
    "hmac-keys.create": create,
    "hmac-keys.revoke": revoke,
}
