"""What stands behind the first line of a request head, where the same bytes were understood before.

A client says the same of itself in request after request; only the target differs. So a head without a body whose
rest came twice is remembered, and the third time only its first line is looked at. The same bytes mean the same, so
this can accept nothing that the parser refuses; a property test holds the two together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from edge.http.connection_field import listed
from edge.http.head import Field, RequestHead
from weir.routing.authority import BadAuthority, normalise_authority

if TYPE_CHECKING:
    from edge.auth.passed import Passed

MAX_HEADS = 1024
"""Remembered in a worker; at the bound all are forgotten."""
MAX_BYTES = 4096
"""Of one of them: all together a few MiB."""
MAX_SEEN = 8192
"""Hashes of what came once."""
MAX_LINES = 4
"""Of one head: for so many ways that it goes, what is sent is kept."""

CRLF: Final = b"\r\n"
FIRST_LINE = re.compile(
    rb"(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH) "
    rb"(/[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*)(\?[A-Za-z0-9\-._~%!$&'()*+,;=:@/?]*)? HTTP/1\.1"
)


class KnownHead:
    """Of HTTP/1.1, without a body, without anything that concerns this connection only."""

    __slots__ = (
        "_lines", "fields", "forwarded", "host", "host_sent", "hosts", "keep_alive", "passed",
    )  # fmt: skip

    def __init__(self, head: RequestHead) -> None:
        """Raises BadAuthority."""
        authority = normalise_authority(head.hosts[0].decode("ascii", "replace"))
        self.host = authority.host
        self.host_sent = sent_form(authority.host, authority.port)
        self.hosts = head.hosts
        self.fields: list[Field] = head.fields
        self.forwarded = head.forwarded
        self.keep_alive = head.keep_alive
        self.passed: Passed | None = None
        """Who sends it, as a rule found out last."""
        self._lines: list[tuple[object, object, Passed | None, bytes]] = []

    def lines(self, share: object, maker: object, passed: Passed | None) -> bytes | None:
        """What whoever sends it on made of it for the same three things; None: it is to be made."""
        for of, made_by, was, lines in self._lines:
            if of is share and made_by is maker and was is passed:
                return lines
        return None

    def keep_lines(self, share: object, maker: object, passed: Passed | None, lines: bytes) -> None:
        """For ``lines``; the oldest go first."""
        if len(self._lines) >= MAX_LINES:
            del self._lines[0]
        self._lines.append((share, maker, passed, lines))


class KnownHeads:
    """Of one worker."""

    def __init__(self) -> None:
        self.known: dict[bytes, KnownHead] = {}
        """By everything from the end of the first line to the end of the head."""
        self._seen: set[int] = set()

    def came(self, data: bytes, head: RequestHead) -> None:
        """``data`` was read at once and is the whole of one request, which was understood."""
        end = data.find(CRLF)
        rest = data[end:]
        if len(rest) > MAX_BYTES or not _is_plain(head) or not FIRST_LINE.fullmatch(data, 0, end):
            return
        if rest.find(b"\r\n\r\n") != len(rest) - 4:
            return
        mark = hash(rest)
        if mark not in self._seen:
            if len(self._seen) >= MAX_SEEN:
                self._seen.clear()
            self._seen.add(mark)
            return
        try:
            known = KnownHead(head)
        except BadAuthority:
            return
        if len(self.known) >= MAX_HEADS:
            self.known.clear()
        self.known[rest] = known

    def forget(self) -> None:
        """All of them; what they keep for others is of a version that is gone."""
        self.known.clear()


def sent_form(host: str, port: int | None) -> bytes:
    """As ``Host`` says it."""
    return f"{host}:{port}".encode() if port else host.encode()


def _is_plain(head: RequestHead) -> bool:
    return (
        head.version == "1.1"
        and not head.lengths
        and not head.codings
        and not head.expects
        and not head.upgrade
        and not head.upgrades
        and not head.accepts
        and not head.trailers
        and not head.traced
        and not head.attempt
        and not listed(head.connections)
    )
