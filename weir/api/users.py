"""People who sign in at ``weir auth``. A password is never answered, nor anything made from it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from weir.api.auth_values import Line, Password, Scopes, UserName
from weir.api.operation import Operation, Page
from weir.models.auth.records import User as Record

Email = Annotated[
    str, msgspec.Meta(max_length=254, pattern=r"^([^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+)?$(?!\n)")
]


class UserBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: what is left out becomes empty."""

    display_name: Line = ""
    email: Email = ""
    scopes: Scopes | None = None
    """What applications may be granted in the user's name; null: whatever the application may."""
    disabled: bool = False
    """Cannot sign in; disabling ends the sessions and what was granted to applications."""


class NewUser(UserBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: UserName
    password: Password

    def __repr__(self) -> str:
        return f"NewUser({self.name!r}, …)"


class User(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    display_name: str = ""
    email: str = ""
    scopes: tuple[str, ...] | None = None
    disabled: bool = False
    created_ms: int
    created_by: str
    etag: str


class UserPage(msgspec.Struct, frozen=True, kw_only=True):
    """By name. With a filter a page may have fewer items than ``limit``, even none; the end is where ``next`` is
    empty."""

    items: tuple[User, ...]
    next: str = ""


class UsersQuery(Page, frozen=True, forbid_unknown_fields=True):
    q: Line = ""
    """In the name, the display name or the address, in any case of letters."""


class UserPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password

    def __repr__(self) -> str:
        return "UserPassword(…)"


class RevokedSessions(msgspec.Struct, frozen=True, kw_only=True):
    sessions: int
    """That were ended."""
    grants: int
    """Families of refresh tokens that were ended, with the access tokens that came from them."""


def user_of(record: Record, etag: str) -> User:
    return User(
        name=record.name,
        display_name=record.display_name,
        email=record.email,
        scopes=record.scopes,
        disabled=record.disabled,
        created_ms=record.created_ms,
        created_by=record.created_by,
        etag=etag,
    )


OPERATIONS = (
    Operation(
        id="users.list",
        method="GET",
        path="/users",
        summary="Lists users, by name.",
        role="viewer",
        query=UsersQuery,
        result=UserPage,
    ),
    Operation(
        id="users.create",
        method="POST",
        path="/users",
        summary="Makes a user.",
        role="admin",
        body=NewUser,
        result=User,
        status=201,
        etag=True,
        refusals=(409,),
    ),
    Operation(
        id="users.get",
        method="GET",
        path="/users/{name}",
        summary="Gives a user.",
        role="viewer",
        result=User,
        etag=True,
        refusals=(404,),
    ),
    Operation(
        id="users.replace",
        method="PUT",
        path="/users/{name}",
        summary="Changes a user, but for the password.",
        role="admin",
        body=UserBody,
        result=User,
        precondition=True,
        etag=True,
        refusals=(404, 409, 412),
    ),
    Operation(
        id="users.delete",
        method="DELETE",
        path="/users/{name}",
        summary="Removes a user; sessions and what was granted to applications end.",
        role="admin",
        precondition=True,
        status=204,
        refusals=(404, 412),
    ),
    Operation(
        id="users.set_password",
        method="POST",
        path="/users/{name}/password",
        summary="Gives a user another password; sessions and what was granted to applications end.",
        role="admin",
        body=UserPassword,
        result=RevokedSessions,
        refusals=(404,),
    ),
    Operation(
        id="users.revoke_sessions",
        method="POST",
        path="/users/{name}/revoke-sessions",
        summary="Signs a user out everywhere and ends what was granted to applications.",
        role="admin",
        result=RevokedSessions,
        refusals=(404,),
    ),
)
