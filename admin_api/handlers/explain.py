"""Which rule a request meets, and why."""

from __future__ import annotations

from collections.abc import Mapping

from admin_api.call import Answer, Call, Handler
from admin_api.live.explained import with_drains
from admin_api.problems import Refusal
from weir.api.explain import Draft, Explained, Question
from weir.models.document import Document, Owner
from weir.models.problem import Problem, Refused, errors_of
from weir.models.version import Manifest
from weir.routing.curl import BadCurl, read_curl
from weir.routing.described import BadRequest, Described, explain_request
from weir.routing.explain import explain_text
from weir.routing.validate import NOT_BUILT, errors_in
from weir.rules.json_form import check_depth
from weir.rules.parser import parse
from weir.serving.off_loop import SMALL_TEXT, off_loop


def ask(call: Call) -> Answer:
    question: Question = call.body
    request = described(question)
    manifest = _manifest(call, question.version)
    draft = {} if question.draft is None else _draft(call, question.draft)
    configuration = call.services.tables.of(manifest, draft)
    try:
        found = off_loop(
            lambda: explain_request(configuration, request, all=question.all, limit=question.limit),
            is_small=not question.all,
        )
    except BadRequest as error:
        raise _refused("request", "bad-request", str(error)) from None
    found = with_drains(found, configuration, request, call.services.drains.now())
    number = 0 if manifest is None else manifest.number
    return Answer(Explained(number=number, explanation=found, text=explain_text(found)))


def described(question: Question) -> Described:
    """Raises ``Refusal``."""
    if (question.request is None) == (question.curl is None):
        raise _refused("", "bad-request", "give either a request or a curl command")
    if question.request is not None:
        request = question.request
        return Described(
            request.method, request.url, request.headers, question.ip, question.consumer, question.tags
        )
    try:
        sent = read_curl(question.curl or "")
    except BadCurl as error:
        raise _refused("curl", "bad-curl", str(error), error.line, error.column) from None
    return Described(sent.method, sent.url, sent.headers, question.ip, question.consumer, question.tags)


def _manifest(call: Call, version: int | None) -> Manifest | None:
    if version is not None:
        return call.services.documents.manifest(version)
    now = call.services.documents.now()
    return None if now is None else now[1]


def _draft(call: Call, draft: Draft) -> Mapping[Owner, tuple[str, ...]]:
    """Clauses without an engine do not change which rule wins, so a draft with them is explained all the same."""
    if (draft.text is None) == (draft.document is None):
        raise _refused("draft", "bad-draft", "give a draft either as text or as document")
    text, given = draft.text, draft.document
    if text is not None:
        document = off_loop(lambda: _checked_text(text), is_small=len(text) <= SMALL_TEXT)
    else:
        document = off_loop(lambda: _checked(given or Document()))
    return {draft.owner: tuple(each.hash for each in call.services.documents.split(document))}


def _checked_text(text: str) -> Document:
    document, positions = parse(text)
    _refuse(errors_in(document, positions))
    return document


def _checked(document: Document) -> Document:
    check_depth(document)
    _refuse(errors_in(document))
    return document


def _refuse(errors: tuple[Problem, ...]) -> None:
    if any(problem.code != NOT_BUILT for problem in errors):
        raise Refused(errors_of(errors))


def _refused(path: str, code: str, message: str, line: int = 0, column: int = 0) -> Refusal:
    problem = Problem(code, message, path=path, line=line, column=column)
    return Refusal(422, code, f"What was asked is no request: {problem.text()}.", errors=[problem])


HANDLERS: dict[str, Handler] = {"explain.ask": ask}
