"""The words of the admin API are consistent in themselves; what they mean is tested with the server."""

from __future__ import annotations

import msgspec
import pytest

from weir.api import sessions, tokens
from weir.api.operation import NoQuery, Operation
from weir.api.operations import OPERATIONS, by_id
from weir.store import access_tokens, login_links
from weir.store import sessions as kept


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_what_is_taken_forbids_unknown_fields(operation: Operation) -> None:
    for taken in (operation.query, operation.body):
        if isinstance(taken, type) and issubclass(taken, msgspec.Struct):
            assert taken.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.id for operation in OPERATIONS])
def test_whatever_changes_something_needs_a_role(operation: Operation) -> None:
    if operation.changes and operation.id != "sessions.create":
        assert operation.role is not None


def test_operations_are_found_by_id() -> None:
    assert by_id()["openapi.get"].role is None
    assert by_id()["openapi.get"].query is NoQuery


def test_the_bounds_that_are_told_are_those_that_are_kept() -> None:
    assert tokens.MAX_TOKENS == access_tokens.MAX_TOKENS
    assert (sessions.MAX_SESSIONS, sessions.MAX_LINKS) == (kept.MAX_SESSIONS, login_links.MAX_LINKS)
    assert (sessions.IDLE_S * 1000, sessions.ABSOLUTE_S * 1000) == (kept.IDLE_MS, kept.ABSOLUTE_MS)
    assert sessions.LINK_S * 1000 == login_links.LIFE_MS
