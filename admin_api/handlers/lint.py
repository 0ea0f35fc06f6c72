"""Everything wrong or doubtful in a configuration, whatever time it takes."""

from __future__ import annotations

from admin_api.call import Answer, Call, Handler
from admin_api.checker import Drafted, placed, warnings_of
from admin_api.credential_warnings import credential_warnings
from weir.api.config import ConfigQuery
from weir.api.lint import Linted, LintQuery
from weir.models.document import Document, Owner
from weir.models.problem import Problem, Refused, errors_of
from weir.routing.validate import errors_in, in_order
from weir.rules.reparse import read_first
from weir.serving.off_loop import off_loop


def get(call: Call) -> Answer:
    """Places are those of the text that ``config`` gives."""
    query: ConfigQuery = call.query
    documents = call.services.documents
    if query.version is None:
        seen = documents.see(query.owner)
        number, document = seen.number, seen.document
    else:
        number, document = query.version, documents.at(query.owner, query.version)
    return _answer(query.owner, number, _found(call, documents.text(document)))


def draft(call: Call) -> Answer:
    query: LintQuery = call.query
    return _answer(query.owner, 0, _found(call, call.body))


def _found(call: Call, draft: Document | str) -> tuple[Problem, ...]:
    """Errors alone where there are some: what follows from them is not worth a warning."""
    try:
        drafted = off_loop(lambda: _drafted(draft))
    except Refused as refused:
        return refused.problems
    of_records = credential_warnings(drafted.document, call.services.accounts)
    return in_order([*warnings_of(drafted, None).problems, *placed(drafted.read, of_records)])


def _drafted(draft: Document | str) -> Drafted:
    if isinstance(draft, str):
        read, parsed = read_first(draft.removeprefix("\ufeff"))
        drafted, errors = Drafted(read.document, read), errors_in(*parsed)
    else:
        drafted, errors = Drafted(draft), errors_in(draft)
    if errors:
        raise Refused(errors)
    return drafted


def _answer(owner: Owner, number: int, problems: tuple[Problem, ...]) -> Answer:
    errors = len(errors_of(problems))
    return Answer(
        Linted(owner=owner, number=number, errors=errors, warnings=len(problems) - errors, problems=problems)
    )


HANDLERS: dict[str, Handler] = {"lint.get": get, "lint.draft": draft}
