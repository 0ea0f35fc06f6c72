"""Basic logins: user names and passwords of consumers. A password is hashed and then forgotten."""

from __future__ import annotations

import msgspec

from admin_api.call import Answer, Call, Handler
from admin_api.handlers.consumers import CONSUMER
from admin_api.kept import MAX_TRIES, What, busy, one, page, refusal
from admin_api.names import checked
from admin_api.problems import Refusal
from weir.api.auth_values import UserName
from weir.api.basic_logins import BasicLoginPage, NewPassword, login_of
from weir.models.auth.records import BasicLogin

LOGIN = What("basic-login", "basic login")


def list_of(call: Call) -> Answer:
    accounts = call.services.accounts
    one(accounts.consumers, call.path["name"], CONSUMER)
    kept, following = page(
        accounts.basic_logins, call.query, lambda login: login.username, owner=call.path["name"]
    )
    used = accounts.last_uses("basic", [each.record.username for each in kept])
    items = tuple(login_of(each.record, last) for each, last in zip(kept, used, strict=True))
    return Answer(BasicLoginPage(items=items, next=following))


def set_password(call: Call) -> Answer:
    """Last one wins: nobody can look at a password before."""
    accounts = call.services.accounts
    body: NewPassword = call.body
    consumer, username = call.path["name"], checked(call.path["username"], UserName)
    one(accounts.consumers, consumer, CONSUMER)
    _check_owner(accounts.basic_logins.get(username), consumer)
    hashed = accounts.hash_of(body.password)
    for _ in range(MAX_TRIES):
        before = accounts.basic_logins.get(username)
        _check_owner(before, consumer)
        record = BasicLogin(
            username=username,
            consumer=consumer,
            password=hashed,
            created_ms=accounts.now_ms(),
            created_by=call.identity.name[:256],
        )
        if before is None:
            done: str = accounts.basic_logins.create(record)
        else:
            kept = msgspec.structs.replace(before.record, password=hashed, created_ms=record.created_ms)
            record = msgspec.structs.replace(kept, created_by=record.created_by)
            done = accounts.basic_logins.replace(record, before.etag)
        if done in ("created", "replaced"):
            (last,) = accounts.last_uses("basic", [username])
            return Answer(login_of(record, last), audit={"consumer": consumer, "username": username})
        if done in ("full", "orphan"):
            raise refusal(done, username, LOGIN)
    raise busy()


def delete(call: Call) -> Answer:
    accounts = call.services.accounts
    consumer, username = call.path["name"], call.path["username"]
    found = accounts.basic_logins.get(username)
    if found is None or found.record.consumer != consumer:
        raise LOGIN.missing(username)
    if accounts.basic_logins.remove(username) != "removed":
        raise LOGIN.missing(username)
    return Answer(audit={"consumer": consumer, "username": username})


def _check_owner(found: object, consumer: str) -> None:
    """Raises Refusal where the user name is another consumer's."""
    record = getattr(found, "record", None)
    if isinstance(record, BasicLogin) and record.consumer != consumer:
        raise Refusal(
            409,
            "taken",
            f'The user name "{record.username}" belongs to the consumer {record.consumer}.',
        )


HANDLERS: dict[str, Handler] = {
    "basic-logins.list": list_of,
    "basic-logins.set": set_password,
    "basic-logins.delete": delete,
}
