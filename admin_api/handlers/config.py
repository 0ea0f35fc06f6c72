"""The whole configuration of one owner."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.checker import warnings_of
from admin_api.differences import difference_of
from admin_api.documents import Seen, etag_of
from admin_api.publishing import (
    Done,
    Intent,
    check_owner,
    intent_of,
    known_already,
    publish,
    refuse_stale,
    stale,
)
from weir.api.config import Checked, CheckQuery, Config, ConfigQuery, DifferenceQuery
from weir.models.document import Document, Owner
from weir.models.problem import Refused, errors_of

WARNINGS_OF_A_CHECK_S = 2.0


def get(call: Call) -> Answer:
    query: ConfigQuery = call.query
    documents = call.services.documents
    if query.version is not None:
        manifest = documents.manifest(query.version)
        document = documents.of(manifest.chunks.get(query.owner, ()), query.version)
        # Not the tag that a write needs: that one names the owner's last publish.
        tag = f"version-{etag_of(query.version, manifest.incarnation)}"
        return shown(call, query.owner, query.version, manifest.incarnation, document, tag)
    seen = documents.see(query.owner)
    return shown(call, query.owner, seen.number, seen.incarnation, seen.document, seen.etag)


def shown(
    call: Call, owner: Owner, number: int, incarnation: str, document: Document, etag: str = ""
) -> Answer:
    """As JSON or as text."""
    if call.media != "text/plain":
        config = Config(owner=owner, number=number, incarnation=incarnation, document=document)
        return Answer(config, etag=etag, headers={"Vary": "Accept"})
    text = call.services.documents.text(document)
    # Two forms of one thing have one tag: a write names what was seen, not in which form.
    return Answer(text, etag=etag, headers={"Vary": "Accept"})


def replace(call: Call) -> Answer:
    return write(call, intent_of(call), call.body)


def write(call: Call, intent: Intent, draft: Document | str) -> Answer:
    """Makes ``draft`` the owner's whole configuration, if nobody wrote since the tag that was sent."""
    known = known_already(call, intent)
    if known is not None:
        return known
    checker = call.services.checkers[intent.owner]
    with checker.alone():
        seen = call.services.documents.see(intent.owner)
        _precondition(call, seen)
        done = publish(call, intent, seen, checker.check(draft))
    if not isinstance(done, Done):
        refuse_stale(call, call.services.documents.see(intent.owner), seen.etag)
    return Answer(done.told(), etag=done.etag)


def _precondition(call: Call, seen: Seen) -> None:
    if call.if_none_match:
        if seen.number:
            raise stale(
                f"There is a configuration of {seen.owner} already, published as version {seen.number}.",
                None,
                "",
            )
    elif call.if_match is not None and call.if_match not in ("*", seen.etag):
        refuse_stale(call, seen, call.if_match)


def check(call: Call) -> Answer:
    """Errors are what was asked for, so they are no refusal."""
    query: CheckQuery = call.query
    checker = call.services.drafts[query.owner]
    try:
        with checker.alone():
            drafted = checker.check(call.body)
    except Refused as refused:
        return Answer(Checked(valid=not errors_of(refused.problems), problems=refused.problems))
    if not query.warnings:
        return Answer(Checked(valid=True))
    found = warnings_of(drafted, WARNINGS_OF_A_CHECK_S)
    return Answer(Checked(valid=True, problems=found.problems, warnings_cut=found.cut))


def difference(call: Call) -> Answer:
    """The tag is that of what the draft was compared with: a write with it publishes just this."""
    query: DifferenceQuery = call.query
    check_owner(query.owner)
    checker = call.services.drafts[query.owner]
    with checker.alone():
        drafted = checker.check(call.body)
    seen = call.services.documents.see(query.owner)
    found = difference_of(seen.document, drafted.document, f"version {seen.number}", "this draft")
    return Answer(found, etag=seen.etag)


HANDLERS: dict[str, Handler] = {
    "config.get": get,
    "config.replace": replace,
    "config.check": check,
    "config.difference": difference,
}
