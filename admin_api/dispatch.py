"""From a request to its handler and back: every check that does not depend on the resource, in one visible order.

host → other sites → who → role → query → Accept → preconditions → body → handler → audit → answer.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec
from flask import Request, Response, request

from admin_api.call import ANONYMOUS, Answer, Call, Handler, Identity
from admin_api.metrics import AdminMetrics
from admin_api.problems import FAULT, Refusal, refusal_of
from admin_api.reading import already_has, chosen_media, preconditions, read_body, read_query
from admin_api.services import Services
from weir.api.audit import MAX_TEXT, AuditEntry
from weir.api.changes import Written
from weir.api.operation import ROLES, Operation, Role
from weir.serving.access_log import say_who
from weir.serving.hosts import Hosts
from weir.serving.request_ids import request_id

WRONG_CREDENTIALS = ("wrong-credential", "expired-credential", "too-many-failures", "forbidden")
"""Noted also of what would have changed nothing."""


class Access(Protocol):
    """Who calls, by what a request carries."""

    def identify(self, request: Request, address: str, *, changes: bool) -> Identity:
        """Raises ``Refusal`` 401 for a wrong credential, 429 after too many; ANONYMOUS where there is none.

        ``changes``: a session has to prove that its own page asks.
        """


class Journal(Protocol):
    """Where every change, and every attempt at one, is noted."""

    def note(self, entry: AuditEntry) -> None:
        """Never raises: what was done is done."""


class Dispatcher:
    """``view`` makes the Flask view of an operation."""

    def __init__(
        self, services: Services, access: Access, hosts: Hosts, journal: Journal, metrics: AdminMetrics
    ) -> None:
        self._services = services
        self._access = access
        self._hosts = hosts
        self._journal = journal
        self._metrics = metrics

    def view(self, operation: Operation, handler: Handler) -> Callable[..., Response]:
        def view(**path: str) -> Response:
            return self._answer(operation, handler, path)

        return view

    def _answer(self, operation: Operation, handler: Handler, path: dict[str, str]) -> Response:
        identity, call = ANONYMOUS, None
        try:
            identity = self._identity(operation)
            say_who(identity.name)
            if operation.role is not None:
                check_role(identity, operation.role)
            call = self._call(operation, identity, path)
            answer = handler(call)
        except Exception as error:
            refusal = refusal_of(error) or FAULT
            self._note(operation, identity, call, Answer(status=refusal.status), refusal.code)
            raise
        self._note(operation, identity, call, answer, "")
        if answer.stream is not None and call.media == "text/event-stream":
            answer = msgspec.structs.replace(answer, stream=self._metrics.open_while(closing(answer.stream)))
        return response_of(operation, call, answer)

    def _identity(self, operation: Operation) -> Identity:
        if operation.method != "GET":
            self._hosts.check_origin(
                request.host, request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
            )
        if operation.role is None:
            return ANONYMOUS
        return self._access.identify(request, address_of(request), changes=operation.method != "GET")

    def _call(self, operation: Operation, identity: Identity, path: dict[str, str]) -> Call:
        query = read_query(operation, request.query_string.decode("latin-1"))
        media = chosen_media(operation, request)
        if_match, creates = preconditions(operation, request)
        return Call(
            operation=operation,
            path=path,
            query=query,
            body=read_body(operation, request),
            media=media,
            identity=identity,
            address=address_of(request),
            request_id=request_id(),
            if_match=if_match,
            if_none_match=creates,
            last_event_id=request.headers.get("Last-Event-ID", "")[:128],
            services=self._services,
        )

    def _note(
        self, operation: Operation, identity: Identity, call: Call | None, answer: Answer, code: str
    ) -> None:
        self._metrics.called(operation, call, answer, code)
        is_dry = call is not None and getattr(call.query, "dry_run", False)
        if (operation.changes and not is_dry) or code in WRONG_CREDENTIALS:
            self._journal.note(entry_of(operation, identity, call, answer, code))


def entry_of(
    operation: Operation, identity: Identity, call: Call | None, answer: Answer, code: str
) -> AuditEntry:
    """What the audit log says of this request; ``call`` is None where it was refused before it was one."""
    return AuditEntry(
        time_ms=time.time_ns() // 1_000_000,
        actor=answer.audit.get("actor", identity.name),
        role=identity.role,
        kind=identity.kind,
        address=address_of(request),
        operation=operation.id,
        path=request.path[:MAX_TEXT],
        status=answer.status or operation.status,
        code=code,
        number=answer.result.number if isinstance(answer.result, Written) else 0,
        message=str(getattr(call.query, "message", ""))[:MAX_TEXT] if call is not None else "",
        request_id=request_id(),
        extras={name: value for name, value in answer.audit.items() if name != "actor"},
    )


def check_role(identity: Identity, least: Role) -> None:
    """Raises ``Refusal``: 401 for nobody, 403 for somebody with too small a role."""
    if identity.role is None:
        raise Refusal(
            401,
            "unauthenticated",
            "Send an access token: Authorization: Bearer weirt_…",
            headers={"WWW-Authenticate": 'Bearer realm="weir admin"'},
        )
    if ROLES.index(identity.role) < ROLES.index(least):
        raise Refusal(403, "forbidden", f"This needs the role {least}; {identity.name} has {identity.role}.")


def address_of(request: Request) -> str:
    """The peer's, or of who is behind a known proxy (``weir.serving.proxies``); nothing else that a client can write
    into a header counts."""
    return request.remote_addr or ""


def response_of(operation: Operation, call: Call, answer: Answer) -> Response:
    """Success as HTTP."""
    status = answer.status or operation.status
    if operation.method == "GET" and already_has(request, answer.etag):
        response = Response(status=304)
    elif answer.stream is not None:
        response = Response(closing(answer.stream), status=status, content_type=content_type(call.media))
    elif answer.result is None:
        response = Response(status=status)
        del response.headers["Content-Type"]
    else:
        response = Response(
            encoded(answer.result, call), status=status, content_type=content_type(call.media)
        )
    if answer.etag:
        response.set_etag(answer.etag)
    response.headers.update(answer.headers)
    return response


def closing(stream: Iterator[bytes]) -> Iterator[bytes]:
    """A stream whose client goes ends at once, and not when memory is next cleaned."""
    close = getattr(stream, "close", None)
    with contextlib.closing(stream) if close is not None else contextlib.nullcontext():  # type: ignore[type-var]
        yield from stream


def encoded(result: Any, call: Call) -> bytes:
    if call.media != "application/json":
        return result.encode() if isinstance(result, str) else bytes(result)
    return msgspec.json.encode(result)


def content_type(media: str) -> str:
    return f"{media}; charset=utf-8" if media.startswith("text/") else media
