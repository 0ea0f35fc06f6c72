"""A write of configuration: precondition, check, difference, publish; and what the outcome means to its author.

Nobody is told "done" unless it is known. A repetition with the same publish id becomes the same version.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, NoReturn, TypeAlias

import msgspec

from admin_api.call import Answer, Call
from admin_api.checker import Drafted, warnings_of
from admin_api.differences import difference_of, text_of
from admin_api.documents import Documents, Seen, etag_of
from admin_api.problems import Refusal
from weir.api.changes import Difference, Write, Written
from weir.api.problem import Winner
from weir.models.document import Document, Owner
from weir.models.problem import Problem, Refused
from weir.store.chunks import EncodedChunk
from weir.store.errors import ChunkUnreadable, VersionGone
from weir.store.publish import (
    AlreadyPublished,
    Behind,
    Conflict,
    Draft,
    Empty,
    Foreign,
    Published,
    Unchanged,
    Unknown,
    new_publish_id,
)

MAX_AUTHOR = 256
NOTHING = Difference()


class Intent(NamedTuple):
    """Who writes what for whom."""

    owner: Owner
    author: str
    message: str
    publish_id: str
    dry_run: bool
    is_repeatable: bool
    """The client chose the publish id, so it may have been here before."""


class Done(NamedTuple):
    written: Written
    etag: str
    """Of the owner's whole configuration now."""
    drafted: Drafted | None = None
    """What warnings are still to be looked for in."""

    def told(self) -> Written:
        """With warnings; they take time that nobody else should have to wait for, so ask behind ``alone``."""
        if self.drafted is None:
            return self.written
        found = warnings_of(self.drafted)
        return msgspec.structs.replace(self.written, warnings=found.problems, warnings_cut=found.cut)


Lost: TypeAlias = Conflict | Behind | Foreign | Empty
"""Others were there first, or the store is not what it was."""


def intent_of(call: Call, message: str = "") -> Intent:
    """``message``: if the client gives none. Raises ``Refusal`` for an owner whom others write."""
    write: Write = call.query
    check_owner(write.owner)
    return Intent(
        write.owner,
        call.identity.name[:MAX_AUTHOR],
        write.message or message,
        write.publish_id or new_publish_id(),
        write.dry_run,
        bool(write.publish_id),
    )


def check_owner(owner: Owner) -> None:
    """Raises ``Refusal`` for one whom others write."""
    if owner == "k8s":
        raise Refusal(403, "read-only-owner", "What Kubernetes says is written by its controller alone.")


def known_already(call: Call, intent: Intent) -> Answer | None:
    """The answer to a repetition of a publish that succeeded."""
    if not intent.is_repeatable or intent.dry_run:
        return None
    publisher = call.services.publisher
    number = publisher.outcome(intent.publish_id)
    if number is None:
        return None
    durable: bool | None = None
    try:
        # Asks the store again for the same publish, and so waits until it is on its disk.
        outcome = publisher.restore(_draft(intent, 0, ""), number)
    except VersionGone:
        outcome = AlreadyPublished(number, None)
    if isinstance(outcome, Unknown):
        raise unknown(outcome)
    if isinstance(outcome, AlreadyPublished):
        durable = outcome.durable
    return Answer(
        Written(
            number=number,
            owner=intent.owner,
            outcome="already-published",
            durable=durable,
            publish_id=intent.publish_id,
        )
    )


def publish(call: Call, intent: Intent, seen: Seen, drafted: Drafted) -> Done | Lost:
    """Publishes upon what was seen. Raises ``Refusal`` where nobody knows what came of it."""
    difference = difference_of(seen.document, drafted.document, f"version {seen.number}", "this write")
    if intent.dry_run:
        return _done(intent, "dry-run", seen.number, seen.etag, difference=difference, drafted=drafted)
    chunks = _split(call.services.documents, drafted.document)
    outcome = call.services.publisher.publish_chunks(_draft(intent, seen.number, seen.incarnation), chunks)
    match outcome:
        case Published(number, incarnation, durable):
            etag = etag_of(number, incarnation)
            return _done(
                intent, "published", number, etag, durable=durable, difference=difference, drafted=drafted
            )
        case AlreadyPublished(number, durable):
            return _done(intent, "already-published", number, seen.etag, durable=durable)
        case Unchanged(number) if number != seen.number:
            # Somebody made the very same edit meanwhile: a counter that two people raise by one would lose one.
            return Conflict(number, "", 0, "")
        case Unchanged(number):
            return _done(intent, "unchanged", number, etag_of(number, seen.incarnation), drafted=drafted)
        case Unknown():
            raise unknown(outcome)
    return outcome


def unknown(outcome: Unknown) -> Refusal:
    look = f"check version {outcome.check}, or " if outcome.check else ""
    return Refusal(
        503,
        "outcome-unknown",
        f"It may be published or not: {outcome.reason}. "
        f"To find out, {look}repeat with publish_id={outcome.publish_id}.",
        title="Outcome unknown",
        check=outcome.check,
        publish_id=outcome.publish_id,
    )


def refuse_stale(call: Call, seen: Seen, tag: str) -> NoReturn:
    """Who wrote since the version that ``tag`` names, and what differs. Raises ``Refusal`` 412."""
    number, incarnation = _parts(tag)
    documents = call.services.documents
    if incarnation != seen.incarnation[:8]:
        detail = "The store holds other data than when you looked; read it again."
        raise stale(detail, _winner(call, seen), "")
    if number > seen.number:
        detail = f"The store lost version {number}; the last that it knows is {seen.number}. Read it again."
        raise stale(detail, _winner(call, seen), "")
    difference = ""
    try:
        before = documents.at(seen.owner, number) if number else Document()
        difference = text_of(before, seen.document, f"version {number}", f"version {seen.number}")
    except VersionGone:
        pass  # who won is known all the same
    winner = _winner(call, seen)
    who = f"{winner.author} published version {winner.number}" if winner else "Somebody published"
    raise stale(f"{who} after what you saw; look at it and decide again.", winner, difference)


def stale(detail: str, winner: Winner | None, difference: str) -> Refusal:
    return Refusal(412, "stale", detail, title="Stale", winner=winner, difference=difference)


def _winner(call: Call, seen: Seen) -> Winner | None:
    last = call.services.versions.last_publish(seen.owner) if seen.number else None
    return None if last is None else Winner(seen.number, last.author, last.time_ms, last.message)


def _parts(tag: str) -> tuple[int, str]:
    """Number and beginning of the incarnation; what is no tag of ours was never current."""
    number, _, incarnation = tag.partition("-")
    return (int(number), incarnation) if number.isdecimal() and len(number) < 16 else (0, "?")


def _draft(intent: Intent, base: int, incarnation: str) -> Draft:
    return Draft(
        owner=intent.owner,
        base=base,
        author=intent.author,
        message=intent.message,
        publish_id=intent.publish_id,
        incarnation=incarnation,
    )


def _split(documents: Documents, document: Document) -> tuple[EncodedChunk, ...]:
    try:
        return documents.split(document)
    except ChunkUnreadable as error:
        raise Refused([Problem("too-large", str(error))]) from None


def _done(
    intent: Intent,
    outcome: Literal["published", "already-published", "unchanged", "dry-run"],
    number: int,
    etag: str,
    *,
    durable: bool | None = None,
    difference: Difference = NOTHING,
    drafted: Drafted | None = None,
) -> Done:
    written = Written(
        number=number,
        owner=intent.owner,
        outcome=outcome,
        durable=durable,
        difference=difference,
        publish_id=intent.publish_id,
    )
    return Done(written, etag, drafted)
