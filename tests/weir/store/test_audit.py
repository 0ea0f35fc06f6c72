from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from weir.api.audit import AuditEntry, AuditQuery
from weir.store import audit as module
from weir.store.audit import Audit
from weir.store.connect import Client
from weir.store.keys import Keys


@pytest.fixture
def audit(client: Client, keys: Keys) -> Audit:
    return Audit(client, keys)


def entry(operation: str = "rules.replace", **named: object) -> AuditEntry:
    facts: dict[str, object] = {
        "time_ms": 1, "actor": "ci", "role": "admin", "kind": "token", "address": "192.0.2.1",
        "path": "/rules/a", "status": 200, **named,
    }  # fmt: skip
    return AuditEntry(operation=operation, **facts)  # type: ignore[arg-type]


def operations(audit: Audit, **query: object) -> list[str]:
    return [found.operation for found in audit.search(AuditQuery(**query))[0]]  # type: ignore[arg-type]


def test_what_was_noted_is_found_the_newest_first_with_an_id(audit: Audit) -> None:
    ids = [audit.append(entry(f"a.n{number}")) for number in range(3)]
    found, after = audit.search(AuditQuery())
    assert ([each.id for each in found], after) == (ids[::-1], "")
    assert operations(audit) == ["a.n2", "a.n1", "a.n0"]


def test_changes_and_refused_attempts_are_one_list_in_time(audit: Audit) -> None:
    for number in range(6):
        audit.append(entry(f"a.n{number}"), refused_to=f"192.0.2.{number}" if number % 2 else "")
    found = audit.search(AuditQuery())[0]
    places = [module.place(each) for each in found]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 6
    paged: list[str] = []
    cursor = ""
    for _ in range(6):
        items, cursor = audit.search(AuditQuery(limit=1, cursor=cursor))
        paged += [each.id for each in items]
    assert (paged, cursor) == ([each.id for each in found], "")


def test_of_one_address_one_refused_attempt_a_second_is_kept(
    audit: Audit, server: RunningServer, keys: Keys
) -> None:
    assert audit.append(entry(), refused_to="192.0.2.1") != ""
    server.admin().pexpire(keys.audit_gate("192.0.2.1"), 60_000)
    assert audit.append(entry(), refused_to="192.0.2.1") == ""
    assert audit.append(entry(), refused_to="192.0.2.2") != ""


def test_the_oldest_leaves_when_there_are_too_many(
    audit: Audit, server: RunningServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    for number in range(5):
        audit.append(entry(f"a.n{number}"))
    assert server.admin().xlen(keys.audit()) == 3
    assert operations(audit) == ["a.n4", "a.n3", "a.n2"]


def test_reading_goes_on_over_batches(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    for number in range(7):
        audit.append(entry("a.odd" if number % 2 else "a.even"))
    assert len(operations(audit, operation="a.odd")) == 3
    assert len(operations(audit, operation="a")) == 7


def test_an_entry_is_bounded(audit: Audit) -> None:
    audit.append(entry(path="/" + "a" * 1023, message="é" * 1024, extras={"x": "y" * 9000}))
    kept = audit.search(AuditQuery())[0][0]
    assert len(module.encoded(kept)) <= module.MAX_ENTRY_BYTES
    assert (len(kept.path), len(kept.message), kept.extras) == (256, 256, {})


def test_a_clock_that_goes_back_does_not_stop_the_log(
    audit: Audit, server: RunningServer, keys: Keys
) -> None:
    server.admin().xadd(keys.audit(), {"entry": module.encoded(entry("a.future"))}, id=f"{1 << 43}-4")
    assert audit.append(entry("a.now")) == f"{1 << 43}-6"
    assert operations(audit) == ["a.now", "a.future"]


def test_an_entry_that_cannot_be_read_is_left_out(audit: Audit, server: RunningServer, keys: Keys) -> None:
    server.admin().xadd(keys.audit(), {"entry": b"\x01"})
    assert operations(audit) == []


@pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1", "+", "1-1-1", "18446744073709551616-0", "１-1"])
def test_a_cursor_that_is_none_is_refused(audit: Audit, cursor: str) -> None:
    with pytest.raises(ValueError, match="is no cursor of this list"):
        audit.search(AuditQuery(cursor=cursor))
