"""Match tables of all owners, built from chunks."""

from __future__ import annotations

import pytest

from admin_api import tables as module
from admin_api.documents import Documents
from admin_api.tables import MAX_KEPT, Tables
from weir.models.document import Owner
from weir.models.version import Manifest
from weir.routing.described import Described, explain_request
from weir.rules.parser import parse
from weir.store.connect import Client
from weir.store.errors import VersionGone
from weir.store.keys import Keys
from weir.store.versions import Versions


@pytest.fixture
def documents(client: Client) -> Documents:
    return Documents(Versions(client, Keys("test")))


def hashes(documents: Documents, text: str) -> tuple[str, ...]:
    return tuple(each.hash for each in documents.split(parse(text).document))


def winner(tables: Tables, manifest: Manifest | None, draft: dict[Owner, tuple[str, ...]], path: str) -> str:
    found = explain_request(tables.of(manifest, draft), Described("GET", f"http://x{path}"))
    return "" if found.winner is None else found.candidates[found.winner].rule


def rules(changed: int = -1) -> str:
    return 'define any_ip = ip in ["0.0.0.0/0"]\n' + "".join(
        f'rule r{number} {{ when path == "/{"x" if number == changed else ""}{number}" and any_ip; respond 200 }}\n'
        for number in range(400)
    )


def test_a_draft_stands_beside_what_is_published(documents: Documents) -> None:
    manifest = Manifest(
        incarnation="i", number=1, parent=0, author="", time_ms=0,
        chunks={"file": hashes(documents, 'rule f { when path == "/f"; respond 200 }')},
    )  # fmt: skip
    tables = Tables(documents)
    draft: dict[Owner, tuple[str, ...]] = {"api": hashes(documents, "rule a { respond 200 }")}
    assert [winner(tables, manifest, draft, path) for path in ("/f", "/")] == ["f", "a"]
    assert winner(tables, manifest, {}, "/") == ""
    assert winner(tables, None, {}, "/f") == ""


def test_what_did_not_change_is_not_resolved_again(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables(documents)
    resolved: list[int] = []
    whole = module.routes
    monkeypatch.setattr(
        module, "routes", lambda given, *a, **n: resolved.append(len(given)) or whole(given, *a, **n)
    )
    assert winner(tables, None, {"api": hashes(documents, rules())}, "/200") == "r200"
    assert sum(resolved) == 401
    resolved.clear()
    assert winner(tables, None, {"api": hashes(documents, rules(200))}, "/200") == ""
    assert winner(tables, None, {"api": hashes(documents, rules(200))}, "/x200") == "r200"
    assert len(resolved) == 1


def test_a_define_that_changes_is_resolved_everywhere(documents: Documents) -> None:
    tables = Tables(documents)
    assert winner(tables, None, {"api": hashes(documents, rules())}, "/200") == "r200"
    narrow = rules().replace("0.0.0.0/0", "192.0.2.0/24")
    assert winner(tables, None, {"api": hashes(documents, narrow)}, "/200") == ""


def test_few_tables_are_kept(documents: Documents) -> None:
    tables = Tables(documents)
    for status in range(200, 210):
        tables.of(None, {"api": hashes(documents, f"rule a {{ respond {status} }}")})
    assert len(tables._kept) == MAX_KEPT
    last = tables.of(None, {"api": hashes(documents, "rule a { respond 209 }")})
    assert tables.of(None, {"api": hashes(documents, "rule a { respond 209 }")}) is last


def test_chunks_that_are_gone_are_a_version_that_is_gone(documents: Documents) -> None:
    with pytest.raises(VersionGone):
        Tables(documents).of(None, {"api": ("0" * 64,)})
