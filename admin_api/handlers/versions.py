"""Versions that are kept."""

from __future__ import annotations

from collections.abc import Iterator

from admin_api.call import Answer, Call, Handler
from admin_api.differences import difference_of
from admin_api.handlers import config
from admin_api.problems import Refusal
from admin_api.publishing import intent_of, known_already
from weir.api.versions import (
    DifferenceQuery,
    OfOwner,
    OwnerChunks,
    Version,
    VersionDifference,
    VersionPage,
    VersionsQuery,
)
from weir.models.document import OWNERS, Document, Owner
from weir.models.version import Manifest
from weir.store.versions import MAX_HISTORY_READ

MAX_NUMBER = 2**53
MAX_SCANNED = 5_000
"""Versions that one page of one owner looks through."""


def list_versions(call: Call) -> Answer:
    query: VersionsQuery = call.query
    before = _number(query.cursor, "cursor") if query.cursor else None
    current = _current(call)
    found: list[Version] = []
    following = ""
    for manifest, parent in _pairs(call, before):
        version = described(manifest, parent, current)
        if query.owner is not None and version.compared and query.owner not in version.changed:
            continue
        if len(found) == query.limit:
            following = str(found[-1].number)
            break
        found.append(version)
    return Answer(VersionPage(items=tuple(found), next=following))


def get(call: Call) -> Answer:
    manifest = call.services.documents.manifest(number_of(call))
    parent = call.services.versions.manifest(manifest.parent) if manifest.parent else None
    return Answer(described(manifest, parent, _current(call)))


def config_of(call: Call) -> Answer:
    query: OfOwner = call.query
    number = number_of(call)
    manifest = call.services.documents.manifest(number)
    document = call.services.documents.of(manifest.chunks.get(query.owner, ()), number)
    return config.shown(call, query.owner, number, manifest.incarnation, document)


def difference(call: Call) -> Answer:
    query: DifferenceQuery = call.query
    documents = call.services.documents
    number = number_of(call)
    manifest = documents.manifest(number)
    against = manifest.parent if query.against is None else query.against
    before = documents.at(query.owner, against) if against else Document()
    after = documents.of(manifest.chunks.get(query.owner, ()), number)
    found = difference_of(before, after, f"version {against}", f"version {number}")
    if call.media == "text/plain":
        return Answer(found.text)
    return Answer(VersionDifference(number=number, against=against, owner=query.owner, difference=found))


def restore(call: Call) -> Answer:
    """A write like any other: what this program would refuse today is refused."""
    number = number_of(call)
    intent = intent_of(call, f"restore version {number}")
    known = known_already(call, intent)
    if known is not None:
        return known
    return config.write(call, intent, call.services.documents.at(intent.owner, number))


def described(manifest: Manifest, parent: Manifest | None, current: int) -> Version:
    """``parent`` is None where it is not kept, or there is none."""
    compared = parent is not None or not manifest.parent
    owners: dict[Owner, OwnerChunks] = {}
    changed: list[Owner] = []
    for owner in OWNERS:
        chunks = manifest.chunks.get(owner, ())
        before = parent.chunks.get(owner, ()) if parent is not None else ()
        if not chunks and not before:
            continue
        if compared and chunks != before:
            changed.append(owner)
        old, new = set(before), set(chunks)
        owners[owner] = OwnerChunks(
            chunks=chunks,
            added=tuple(name for name in chunks if name not in old) if compared else (),
            removed=tuple(name for name in before if name not in new),
        )
    return Version(
        number=manifest.number,
        parent=manifest.parent,
        author=manifest.author,
        time_ms=manifest.time_ms,
        message=manifest.message,
        incarnation=manifest.incarnation,
        min_reader=manifest.min_reader,
        current=manifest.number == current,
        changed=tuple(changed),
        compared=compared,
        owners=owners,
    )


def number_of(call: Call) -> int:
    """Of the path. Raises ``Refusal`` 404."""
    return _number(call.path["number"], "path")


def _number(text: str, where: str) -> int:
    if text.isdecimal() and text.isascii() and 1 <= len(text) <= 16 and 1 <= int(text) <= MAX_NUMBER:
        return int(text)
    if where == "cursor":
        raise Refusal(400, "invalid-query", "The cursor is not one that a page gave.")
    raise Refusal(404, "version-gone", f"{text[:40]!r} is not the number of a version.")


def _current(call: Call) -> int:
    head = call.services.versions.head()
    return 0 if head is None else head.number


def _pairs(call: Call, before: int | None) -> Iterator[tuple[Manifest, Manifest | None]]:
    """Versions with the ones before them, the newest first."""
    last: Manifest | None = None
    for _ in range(MAX_SCANNED // MAX_HISTORY_READ):
        page = call.services.versions.history(MAX_HISTORY_READ, before)
        for manifest in page:
            if last is not None:
                yield last, manifest if manifest.number == last.parent else None
            last = manifest
        if not page:
            break
        before = page[-1].number
    if last is not None:
        yield last, None


HANDLERS: dict[str, Handler] = {
    "versions.list": list_versions,
    "versions.get": get,
    "versions.config": config_of,
    "versions.difference": difference,
    "versions.restore": restore,
}
