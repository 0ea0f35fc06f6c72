"""Operations and handlers belong together; each resource has tests of its own beside this."""

from __future__ import annotations

import re

import pytest

from admin_api.handlers.table import HANDLERS
from tests.support.admin import SecuredAdmin
from weir.api.operation import Operation
from weir.api.operations import OPERATIONS, by_id
from weir.store.connect import Client


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    assert set(HANDLERS) == set(by_id())


def test_operations_are_unique_by_id_and_by_method_and_path() -> None:
    assert len(by_id()) == len(OPERATIONS)
    places = {(operation.method, re.sub(r"\{.*?\}", "{}", operation.path)) for operation in OPERATIONS}
    assert len(places) == len(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_an_operation_is_told_in_one_sentence(operation: Operation) -> None:
    assert re.fullmatch(r"[a-z_-]+\.[a-z_]+", operation.id)
    assert re.fullmatch(r"(/([a-z.-]+|\{[a-z_]+\}))+", operation.path)
    assert operation.summary[0].isupper()
    assert operation.summary.endswith(".")


def test_the_audit_log_is_read_in_pages_and_by_who_what_and_when(client: Client) -> None:
    admin = SecuredAdmin(client)
    boss, other = admin.token(), admin.token("admin")
    for number in range(5):
        admin.call(
            "POST", "/api/v1/tokens", boss if number % 2 else other, json={"name": "x", "role": "viewer"}
        )
    admin.call("POST", "/api/v1/session/links", boss)

    def audit(**query: object) -> dict[str, object]:
        found: dict[str, object] = admin.call("GET", "/api/v1/audit", boss, query_string=query).json
        return found

    def operations(**query: object) -> list[str]:
        return [entry["operation"] for entry in audit(**query)["items"]]  # type: ignore[attr-defined]

    assert operations() == ["sessions.link", *["tokens.create"] * 5]
    assert operations(operation="sessions") == ["sessions.link"]
    assert operations(operation="tokens.create", actor="nobody") == []
    first = audit(limit=4)
    second = audit(limit=4, cursor=first["next"])
    items = [*first["items"], *second["items"]]  # type: ignore[misc]
    assert [len(first["items"]), len(second["items"])] == [4, 2]  # type: ignore[arg-type]
    assert second["next"] == ""
    times = [int(entry["id"].partition("-")[0]) for entry in items]
    assert operations(since=times[0] + 1000) == []
    assert len(operations(until=times[-1])) == 0
    for cursor in ("x", "1-", "-1", "99999999999999999999-1", "1-1-1"):
        answer = admin.call("GET", "/api/v1/audit", boss, query_string={"cursor": cursor})
        assert answer.status_code == 400, cursor
