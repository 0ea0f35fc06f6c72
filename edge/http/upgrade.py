"""Changing the protocol of a connection (RFC 9110 §7.8): who may ask, and what may be given."""

from __future__ import annotations

from edge.http.head import RequestHead


def asks_for_upgrade(head: RequestHead) -> bool:
    """One protocol, not h2c: an upstream that began HTTP/2 in a tunnel would be out of every rule's sight."""
    return (
        head.upgrade
        and head.version == "1.1"
        and head.method == b"GET"
        and len(head.upgrades) == 1
        and b"h2c" not in head.upgrades[0].lower()
        and not head.lengths
    )


def is_what_was_asked(asked: tuple[bytes, ...], given: tuple[bytes, ...]) -> bool:
    """Whether a 101 names exactly one protocol, of those that the client named."""
    names = {token.strip().lower() for value in asked for token in value.split(b",")}
    return len(given) == 1 and given[0].lower() in names
