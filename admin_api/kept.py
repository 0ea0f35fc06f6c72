"""Records of consumers, credentials, clients, users and issuers: read, listed, and written under preconditions.

Everything here raises ``Refusal``. What was shown to a caller is what is compared: nobody overwrites what they have not
seen, unless they say ``If-Match: *`` or ask for one step (disable, rotate) that does not depend on the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from admin_api.call import Call
from admin_api.problems import Refusal
from weir.models.auth.records import Record
from weir.store.records import Kept, Records

R = TypeVar("R", bound=Record)

MAX_TRIES = 8
"""Of a step that others get in the way of."""
MOST_LOOKED_AT = 5_000
"""Records that one page of a filtered list looks at."""
_BATCH = 500


class What(NamedTuple):
    """Of what kind, in codes and in sentences."""

    code: str
    text: str

    def missing(self, id_: str) -> Refusal:
        return Refusal(404, f"no-such-{self.code}", f'There is no {self.text} "{id_[:128]}".')


class Query(Protocol):
    @property
    def limit(self) -> int: ...

    @property
    def cursor(self) -> str: ...


def one(records: Records[R], id_: str, what: What) -> Kept[R]:
    found = records.get(id_)
    if found is None:
        raise what.missing(id_)
    return found


def page(
    records: Records[R],
    query: Query,
    id_of: Callable[[R], str],
    *,
    owner: str = "",
    fits: Callable[[R], bool] | None = None,
) -> tuple[list[Kept[R]], str]:
    """At most ``query.limit`` of those that fit, in the order of their ids, and where to go on; with a filter perhaps
    fewer before the last."""
    if fits is None:
        return records.page(owner=owner, after=query.cursor, limit=query.limit)
    found: list[Kept[R]] = []
    after = query.cursor
    for _ in range(MOST_LOOKED_AT // _BATCH):
        batch, following = records.page(owner=owner, after=after, limit=_BATCH)
        for kept in batch:
            if fits(kept.record):
                found.append(kept)
                if len(found) == query.limit:
                    is_last = kept is batch[-1] and not following
                    return found, "" if is_last else id_of(kept.record)
        after = following
        if not after:
            break
    return found, after


def write(
    call: Call,
    records: Records[R],
    id_: str,
    what: What,
    make: Callable[[R | None], R],
    *,
    creates: bool = True,
) -> Kept[R]:
    """Creates (``If-None-Match: *``) or replaces (``If-Match``) what ``make`` makes of the record before; what is there
    afterwards."""
    for _ in range(MAX_TRIES):
        before = records.get(id_)
        _check(call, before, id_, what)
        if before is None and not creates:
            raise what.missing(id_)
        record = make(None if before is None else before.record)
        done = records.create(record) if before is None else records.replace(record, before.etag)
        if done in ("created", "replaced"):
            return one(records, id_, what)
        if done not in ("stale", "missing") or call.if_match != "*":
            raise refusal(done, id_, what)
    raise busy()


def create(records: Records[R], record: R, id_: str, what: What) -> Kept[R]:
    done = records.create(record)
    if done != "created":
        raise refusal(done, id_, what)
    return one(records, id_, what)


def change(records: Records[R], id_: str, what: What, make: Callable[[R], R]) -> Kept[R]:
    """One step on whatever is there."""
    for _ in range(MAX_TRIES):
        before = one(records, id_, what)
        done = records.replace(make(before.record), before.etag)
        if done == "replaced":
            return one(records, id_, what)
        if done != "stale":
            raise refusal(done, id_, what)
    raise busy()


def remove(call: Call, records: Records[R], id_: str, what: What) -> None:
    """Under the precondition, where the operation has one."""
    tag = call.if_match if call.operation.precondition else "*"
    if call.if_none_match:
        one(records, id_, what)
        raise stale(id_, what)
    done = records.remove(id_, "" if tag in (None, "*") else str(tag))
    if done != "removed":
        raise refusal(done, id_, what)


def refusal(done: str, id_: str, what: What) -> Refusal:
    """Of a word that is no success."""
    match done:
        case "exists":
            return Refusal(
                409, "exists", f'There is a {what.text} "{id_[:128]}" already; send If-Match to replace it.'
            )
        case "full":
            return Refusal(409, f"too-many-{what.code}s", f"There are as many {what.text}s as there may be.")
        case "orphan":
            return Refusal(404, "no-such-consumer", "There is no such consumer.")
        case "stale":
            return stale(id_, what)
    return what.missing(id_)


def stale(id_: str, what: What) -> Refusal:
    return Refusal(
        412,
        "stale",
        f'The {what.text} "{id_[:128]}" is another one now. Look at it and decide again.',
        title="Stale",
    )


def busy() -> Refusal:
    return Refusal(
        503,
        "busy",
        f"Others changed it {MAX_TRIES} times meanwhile; nothing was done. Try again.",
        headers={"Retry-After": "1"},
    )


def _check(call: Call, before: Kept[R] | None, id_: str, what: What) -> None:
    """The precondition of a write."""
    if call.if_none_match:
        if before is not None:
            raise refusal("exists", id_, what)
        return
    if before is None:
        raise what.missing(id_) if call.if_match == "*" else stale(id_, what)
    if call.if_match not in ("*", before.etag):
        raise stale(id_, what)
