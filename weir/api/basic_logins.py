"""User names and passwords of consumers, for rules that ``require basic``. A user name belongs to one consumer."""

from __future__ import annotations

import msgspec

from weir.api.auth_values import Password, UserName
from weir.api.operation import Operation, Page
from weir.models.auth.records import BasicLogin as Record


class BasicLogin(msgspec.Struct, frozen=True, kw_only=True):
    username: str
    consumer: str
    created_ms: int
    """When its password was last set."""
    created_by: str
    last_used_ms: int = 0


class BasicLoginPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[BasicLogin, ...]
    """By user name."""
    next: str = ""


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password

    def __repr__(self) -> str:
        return "NewPassword(…)"


def login_of(record: Record, last_used_ms: int) -> BasicLogin:
    return BasicLogin(
        username=record.username,
        consumer=record.consumer,
        created_ms=record.created_ms,
        created_by=record.created_by,
        last_used_ms=last_used_ms,
    )


def check_username(name: str) -> str:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(name, UserName)


OPERATIONS = (
    Operation(
        id="basic-logins.list",
        method="GET",
        path="/consumers/{name}/basic",
        summary="Lists the basic logins of a consumer; never their passwords.",
        role="viewer",
        query=Page,
        result=BasicLoginPage,
        refusals=(404,),
    ),
    Operation(
        id="basic-logins.set",
        method="PUT",
        path="/consumers/{name}/basic/{username}",
        summary="Makes a basic login, or gives one another password.",
        role="editor",
        body=NewPassword,
        result=BasicLogin,
        refusals=(404, 409, 422),
    ),
    Operation(
        id="basic-logins.delete",
        method="DELETE",
        path="/consumers/{name}/basic/{username}",
        summary="Removes a basic login.",
        role="editor",
        status=204,
        refusals=(404,),
    ),
)
