"""A whole response that came in one read, understood line by line without the parser.

Most answers of most services are this: a head of ordinary lines, one Content-Length, and as many bytes behind it.
Their lines repeat, so a line is looked at once and
remembered, and so is a whole head. Whatever is not exactly in the form in which the edge
would write it itself, or needs a decision, is None here and goes to the parser; a property test holds the two together.
"""

from __future__ import annotations

import re
from typing import Final

from edge.http.framing import MAX_FIELDS
from edge.http.head import ResponseHead
from edge.http.names import Line, ResponseNames, Role

CRLF: Final = b"\r\n"
MAX_LINES = 2048
"""Lines that are remembered; an upstream makes up new ones all the time (Date), so all are forgotten at the bound."""
MAX_LINE = 512
"""Longer lines are not remembered: 2048 of the longest are 1 MiB."""
MAX_HEADS = 256
"""Whole heads that are remembered: under load, many answers of one second have the same."""
MAX_HEAD = 2048
"""Bytes of a head that is remembered."""

_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)")
_FIELD = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)"
)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_BODILESS = (204, 304)


def plain_response(data: bytes, names: ResponseNames) -> tuple[ResponseHead, bytes] | None:
    """Head and body of a response to anything but HEAD; None: ask the parser. The head is shared: do not change it."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    raw = data[:end]
    head = names.heads.get(raw) or _read(raw, names)
    if head is None or len(data) - end - 4 != head.length:
        return None
    return head, data[end + 4 :]


def _read(head_bytes: bytes, names: ResponseNames) -> ResponseHead | None:
    first, *rest = head_bytes.split(CRLF)
    head = names.statuses.get(first) or _learn_status(first, names)
    if head is None or len(rest) > MAX_FIELDS:
        return None
    known, fields, kept, length = names.lines, [], [first], -1
    for raw in rest:
        line = known.get(raw) or _learn(raw, names)
        if line is None:
            return None
        field, length_said = line
        if field is not None:
            fields.append(field)
            kept.append(raw)
        elif length_said >= 0:
            if length >= 0:
                return None
            length = length_said
            kept.append(raw)
    if length < 0:
        return None
    found = ResponseHead()
    found.version, found.keep_alive = "1.1", True
    found.status, found.reason = head
    found.fields, found.length = fields, length
    found.lengths = (b"%d" % length,)
    found.count, found.size = len(rest), len(head_bytes)
    kept.append(b"")
    found.lines = CRLF.join(kept)
    found.dated = b"\r\nDate: " in head_bytes or any(lower == b"date" for lower, _, _ in fields)
    if len(head_bytes) <= MAX_HEAD:
        if len(names.heads) >= MAX_HEADS:
            names.heads.clear()
        names.heads[head_bytes] = found
    return found


def _learn_status(first: bytes, names: ResponseNames) -> tuple[int, bytes] | None:
    found = _STATUS.fullmatch(first)
    if found is None or int(found[1]) in _BODILESS:
        return None
    head = (int(found[1]), found[2])
    if len(names.statuses) < MAX_LINES and len(first) <= MAX_LINE:
        names.statuses[first] = head
    return head


def _learn(raw: bytes, names: ResponseNames) -> Line | None:
    """None for a line that only the parser may judge."""
    found = _FIELD.fullmatch(raw)
    if found is None:
        return None
    name, value = found.groups()
    lower, role = names[name]
    if role == Role.ORDINARY:
        line: Line = ((lower, name, value), -1)
    elif role == Role.LENGTH and _LENGTH.fullmatch(value):
        line = (None, int(value))
    elif lower == b"keep-alive" or (role == Role.CONNECTION and value.lower() == b"keep-alive"):
        line = (None, -1)  # Proxy-Connection is not among them: the parser takes it for Connection
    else:
        return None
    if len(raw) <= MAX_LINE:
        if len(names.lines) >= MAX_LINES:
            names.lines.clear()
        names.lines[raw] = line
    return line
