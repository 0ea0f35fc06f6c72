"""What a request's query and cookies say, by name; the first value counts.

Both are read in one pass over text whose length the limit of the request head bounds.
"""

from __future__ import annotations

from urllib.parse import unquote_plus


def first_query_values(query: str) -> dict[str, str]:
    """Name → first value, percent-decoded, ``+`` is a space (the URL standard's form encoding).

    A name without ``=`` has the empty value. Bytes that are no UTF-8 become U+FFFD; a bad escape stays as it is.
    """
    values: dict[str, str] = {}
    plain = "%" not in query and "+" not in query
    for pair in query.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if plain:
            values.setdefault(name, value)
        else:
            values.setdefault(unquote_plus(name), unquote_plus(value))
    return values


def first_cookie_values(header: str) -> dict[str, str]:
    """Name → first value of a Cookie header (RFC 6265 §4.2.1); a part without ``=`` is no cookie."""
    values: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            values.setdefault(name.strip(" \t"), value.strip(" \t"))
    return values
