"""Consumers: listed, made, changed, removed."""

from __future__ import annotations

import msgspec

from admin_api.call import Answer, Call, Handler
from admin_api.kept import What, one, page, remove, write
from admin_api.names import checked
from weir.api.auth_values import ConsumerName
from weir.api.consumers import ConsumerBody, ConsumerPage, ConsumersQuery, consumer_of
from weir.models.auth.records import Consumer
from weir.store.records import Kept

CONSUMER = What("consumer", "consumer")
MAX_TOLD = 1024
"""Characters of what the audit log says of tags, and of scopes."""


def list_all(call: Call) -> Answer:
    query: ConsumersQuery = call.query
    text = query.q.lower()

    def fits(consumer: Consumer) -> bool:
        is_named = text in consumer.name or text in consumer.description.lower()
        return is_named and query.tag in (None, *consumer.tags)

    kept, following = page(
        call.services.accounts.consumers,
        query,
        lambda consumer: consumer.name,
        fits=fits if query.q or query.tag else None,
    )
    return Answer(ConsumerPage(items=tuple(consumer_of(*each) for each in kept), next=following))


def get(call: Call) -> Answer:
    return _answer(one(call.services.accounts.consumers, call.path["name"], CONSUMER))


def replace(call: Call) -> Answer:
    name, body = checked(call.path["name"], ConsumerName), call.body
    now_ms = call.services.accounts.now_ms()
    told: dict[str, str] = {}

    def make(before: Consumer | None) -> Consumer:
        told.update(differences(before, body))
        if before is None:
            author = call.identity.name[:256]
            before = Consumer(name=name, created_ms=now_ms, created_by=author)
        return msgspec.structs.replace(
            before,
            tags=distinct(body.tags),
            scopes=distinct(body.scopes),
            description=body.description,
            disabled=body.disabled,
        )

    kept = write(call, call.services.accounts.consumers, name, CONSUMER, make)
    return _answer(kept, told)


def delete(call: Call) -> Answer:
    remove(call, call.services.accounts.consumers, call.path["name"], CONSUMER)
    return Answer()


def distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    """In their order."""
    return tuple(dict.fromkeys(words))


def differences(before: Consumer | None, body: ConsumerBody) -> dict[str, str]:
    """For the audit log: what somebody may do now that they could not, or the other way round."""
    told = {}
    for field in ("tags", "scopes"):
        was, now = (frozenset(getattr(each, field)) if each else frozenset() for each in (before, body))
        changes = [f"+{word}" for word in sorted(now - was)] + [f"-{word}" for word in sorted(was - now)]
        if changes:
            told[field] = " ".join(changes)[:MAX_TOLD]
    if body.disabled != (before is not None and before.disabled):
        told["disabled"] = "yes" if body.disabled else "no"
    return told


def _answer(kept: Kept[Consumer], told: dict[str, str] | None = None) -> Answer:
    return Answer(consumer_of(kept.record, kept.etag), etag=kept.etag, audit=told or {})


HANDLERS: dict[str, Handler] = {
    "consumers.list": list_all,
    "consumers.get": get,
    "consumers.replace": replace,
    "consumers.delete": delete,
}
