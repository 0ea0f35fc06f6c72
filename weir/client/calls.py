"""Calling any operation of the table by its id; what the classes of ``resources`` are thin words over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from weir.api.operation import Media, Operation
from weir.api.operations import by_id
from weir.client.answer import Raw, Reply, error_of, reply_of
from weir.client.errors import Away, BadAnswer
from weir.client.events import Event
from weir.client.events import follow as followed
from weir.client.request import Prepared, prepare
from weir.client.transport import Transport, bounded, headers_of

TIMEOUT_S = 60.0
"""For an answer to begin, and between its parts."""
SILENCE_S = 60.0
"""An event stream sends at least a comment more often than that; one that does not is broken."""


class Calls:
    """Raises the exceptions of ``weir.client.errors``. Not for several threads at once."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        ca: Path | None = None,
        retries: int = 3,
    ) -> None:
        """ValueError for a URL or authority that cannot be used."""
        self._transport = Transport(url, token, timeout_s=timeout_s, ca=ca, retries=retries)
        self._operations = by_id()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    @property
    def url(self) -> str:
        return self._transport.url

    def close(self) -> None:
        self._transport.close()

    def call(
        self,
        operation_id: str,
        *,
        path: Mapping[str, str] | None = None,
        query: msgspec.Struct | None = None,
        body: Any = None,
        if_match: str = "",
        if_none_match: bool = False,
        accept: Media | None = None,
    ) -> Reply:
        """One call; a write that can carry a publish id gets one, so that it can be sent again."""
        operation = self.operation(operation_id)
        prepared = prepare(
            operation,
            path=path,
            query=with_publish_id(operation, query),
            body=body,
            if_match=if_match,
            if_none_match=if_none_match,
            accept=accept,
        )
        return reply_of(operation, self._transport.send(prepared))

    def operation(self, operation_id: str) -> Operation:
        """ValueError for an id that is not in the table."""
        try:
            return self._operations[operation_id]
        except KeyError:
            raise ValueError(f'the admin API has no operation "{operation_id}"') from None

    def download(
        self,
        operation_id: str,
        *,
        path: Mapping[str, str] | None = None,
        query: msgspec.Struct | None = None,
        accept: Media | None = None,
    ) -> Iterator[bytes]:
        """The parts of an answer of any length, as they come. It is whole only if the iterator ends by itself."""
        prepared = prepare(self.operation(operation_id), path=path, query=query, accept=accept)
        yield from self._parts(prepared, read_timeout_s=TIMEOUT_S)

    def follow(
        self,
        operation_id: str,
        *,
        path: Mapping[str, str] | None = None,
        query: msgspec.Struct | None = None,
        last_event_id: str = "",
    ) -> Iterator[Event]:
        """Server-sent events without end; after a break they go on behind the last one."""
        prepared = prepare(self.operation(operation_id), path=path, query=query, accept="text/event-stream")

        def opened(last_id: str) -> Iterator[bytes]:
            headers = prepared.headers | ({"Last-Event-ID": last_id} if last_id else {})
            return self._parts(prepared._replace(headers=headers), read_timeout_s=SILENCE_S)

        return followed(opened, last_event_id)

    def _parts(self, prepared: Prepared, *, read_timeout_s: float) -> Iterator[bytes]:
        with self._transport.stream(prepared, read_timeout_s=read_timeout_s) as response:
            try:
                if response.status_code != 200:
                    raise error_of(Raw(response.status_code, headers_of(response), bounded(response)))
                yield from response.iter_bytes()
            except httpx.DecodingError as error:
                raise BadAnswer(f"the answer cannot be decoded: {error}") from error
            except httpx.TransportError as error:
                raise Away(f"the answer of {self.url} broke off: {error or type(error).__name__}") from error


def with_publish_id(operation: Operation, query: msgspec.Struct | None) -> msgspec.Struct | None:
    """The same query, with a publish id of its own where the operation takes one and none was chosen."""
    if "publish_id" not in operation.query.__struct_fields__:
        return query
    chosen = operation.query() if query is None else query
    if getattr(chosen, "publish_id", ""):
        return chosen
    return msgspec.structs.replace(chosen, publish_id=secrets.token_hex(16))
