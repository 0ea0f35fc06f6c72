"""Users: people who sign in at ``weir auth``. Passwords are hashed and forgotten."""

from __future__ import annotations

import msgspec

from admin_api.call import Answer, Call, Handler
from admin_api.handlers.consumers import distinct
from admin_api.kept import What, change, create, one, page, remove, write
from weir.api.users import NewUser, UserBody, UserPage, UserPassword, UsersQuery, user_of
from weir.models.auth.records import User
from weir.store.records import Kept

USER = What("user", "user")


def list_all(call: Call) -> Answer:
    query: UsersQuery = call.query
    text = query.q.lower()

    def fits(user: User) -> bool:
        return any(text in part.lower() for part in (user.name, user.display_name, user.email))

    kept, following = page(
        call.services.accounts.users, query, lambda user: user.name, fits=fits if text else None
    )
    return Answer(UserPage(items=tuple(user_of(*each) for each in kept), next=following))


def get(call: Call) -> Answer:
    return _answer(one(call.services.accounts.users, call.path["name"], USER))


def make(call: Call) -> Answer:
    accounts = call.services.accounts
    new: NewUser = call.body
    record = User(
        name=new.name,
        password=accounts.hash_of(new.password),
        display_name=new.display_name,
        email=new.email,
        scopes=None if new.scopes is None else distinct(new.scopes),
        disabled=new.disabled,
        created_ms=accounts.now_ms(),
        created_by=call.identity.name[:256],
    )
    kept = create(accounts.users, record, new.name, USER)
    _forget(call, new.name)
    return _answer(kept, {"user": new.name})


def replace(call: Call) -> Answer:
    accounts = call.services.accounts
    name = call.path["name"]
    body: UserBody = call.body

    def changed(before: User | None) -> User:
        if before is None:
            raise USER.missing(name)
        return msgspec.structs.replace(
            before,
            display_name=body.display_name,
            email=body.email,
            scopes=None if body.scopes is None else distinct(body.scopes),
            disabled=body.disabled,
        )

    kept = write(call, accounts.users, name, USER, changed, creates=False)
    if body.disabled:
        accounts.sign_out(name)
    return _answer(kept, {"disabled": "yes"} if body.disabled else None)


def delete(call: Call) -> Answer:
    accounts = call.services.accounts
    remove(call, accounts.users, call.path["name"], USER)
    _forget(call, call.path["name"])
    return Answer()


def set_password(call: Call) -> Answer:
    accounts = call.services.accounts
    body: UserPassword = call.body
    one(accounts.users, call.path["name"], USER)
    hashed = accounts.hash_of(body.password)
    change(
        accounts.users, call.path["name"], USER, lambda user: msgspec.structs.replace(user, password=hashed)
    )
    return Answer(accounts.sign_out(call.path["name"]))


def revoke_sessions(call: Call) -> Answer:
    accounts = call.services.accounts
    one(accounts.users, call.path["name"], USER)
    return Answer(accounts.sign_out(call.path["name"]))


def _forget(call: Call, user: str) -> None:
    """What another person of this name began: whoever removed them may not have come so far."""
    call.services.accounts.sign_out(user)
    call.services.accounts.forget_consents(user)


def _answer(kept: Kept[User], told: dict[str, str] | None = None) -> Answer:
    return Answer(user_of(kept.record, kept.etag), etag=kept.etag, audit=told or {})


HANDLERS: dict[str, Handler] = {
    "users.list": list_all,
    "users.create": make,
    "users.get": get,
    "users.replace": replace,
    "users.delete": delete,
    "users.set_password": set_password,
    "users.revoke_sessions": revoke_sessions,
}
