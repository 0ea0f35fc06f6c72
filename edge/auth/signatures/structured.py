"""Dictionaries of structured fields (RFC 9651) whose members are inner lists or byte sequences: what signatures need.

An own reader, as everybody may send these fields before anything is verified: the parser of the field's author
(http-sf) takes 46 us for a usual request, and 8 ms for 8 KiB that are made to be slow; this one 5 us and 0.4 ms. Every
repetition is possessive, so that the time grows with the length and nothing else. It accepts nothing that http-sf
refuses, but for base64 that nobody decodes; a property test holds the two together. A key that stands twice is
refused, though RFC 9651 lets the last one count: readers must not differ about that.
"""

from __future__ import annotations

import re

MAX_PARAMETERS = 16
"""Of an inner list."""

_KEY = rb"[a-z*][a-z0-9_.*-]*+"
_STRING = rb'"(?:[ !#-\[\]-~]|\\["\\])*+"'
_BARE = (
    rb"(?:" + _STRING + rb"|-?+(?:[0-9]{1,12}+\.[0-9]{1,3}+|[0-9]{1,15}+)(?![0-9.])"
    rb"|[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]*+|:[A-Za-z0-9+/]*+={0,2}+:|\?[01])"
)
"""Without dates and display strings, which nobody signs with."""
_PARAMETERS = rb"(?:; *+" + _KEY + rb"(?:=" + _BARE + rb")?+)*+"
_ITEM = _BARE + _PARAMETERS
_INNER_LIST = rb"\( *+(?:" + _ITEM + rb"(?: ++(?!\))" + _ITEM + rb")*+ *+)?+\)"

_LIST_MEMBER = re.compile(rb"(" + _KEY + rb")=(" + _INNER_LIST + rb")(" + _PARAMETERS + rb")")
_BYTES_MEMBER = re.compile(rb"(" + _KEY + rb")=:([A-Za-z0-9+/]*+={0,2}+):" + _PARAMETERS)
_PARAMETER = re.compile(rb"; *+(" + _KEY + rb")(?:=(" + _BARE + rb"))?+")
_COMMA = re.compile(rb"[ \t]*+,[ \t]*+")


class Malformed(ValueError):
    """It is no such dictionary."""


def inner_lists(field: bytes, most: int) -> dict[str, tuple[bytes, bytes]]:
    """Key → text of the list, text of its parameters. Raises Malformed, also for more than ``most``."""
    return {key: (found[2], found[3]) for key, found in _members(field, _LIST_MEMBER, most).items()}


def byte_sequences(field: bytes, most: int) -> dict[str, bytes]:
    """Key → base64, not decoded; parameters are left out. Raises Malformed, also for more than ``most``."""
    return {key: found[2] for key, found in _members(field, _BYTES_MEMBER, most).items()}


def parameters(text: bytes) -> dict[str, bytes]:
    """Of what ``inner_lists`` gave: key → its value as it is written, ``b""`` where there is none. Raises Malformed."""
    found: dict[str, bytes] = {}
    for each in _PARAMETER.finditer(text):
        key = each[1].decode("ascii")
        if key in found:
            raise Malformed(f"the parameter {key} stands twice")
        if len(found) == MAX_PARAMETERS:
            raise Malformed(f"it has more than {MAX_PARAMETERS} parameters")
        found[key] = each[2] or b""
    return found


def _members(field: bytes, member: re.Pattern[bytes], most: int) -> dict[str, re.Match[bytes]]:
    field = field.strip(b" ")
    members: dict[str, re.Match[bytes]] = {}
    at = 0
    while at < len(field):
        found = member.match(field, at)
        if found is None:
            raise Malformed(f"not understood at byte {at}")
        key = found[1].decode("ascii")
        if key in members:
            raise Malformed(f"{key} stands twice")
        if len(members) == most:
            raise Malformed(f"it has more than {most} members")
        members[key] = found
        at = found.end()
        comma = _COMMA.match(field, at)
        if comma is not None and comma.end() < len(field):
            at = comma.end()
        elif at < len(field):
            raise Malformed(f"not understood at byte {at}")
    return members
