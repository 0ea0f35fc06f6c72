"""From an operation and its arguments to the bytes of a request. Pure.

A query parameter that has its default is left out; a list is repeated. What the operation does not take is a
``ValueError`` here, before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO, Any, NamedTuple, TypeAlias
from urllib.parse import quote, urlencode

import msgspec

from weir.api.operation import BASE, RULES_MEDIA, Media, Operation

OCTETS: Media = "application/octet-stream"
Content: TypeAlias = bytes | IO[bytes]


class Prepared(NamedTuple):
    method: str
    target: str
    """Path and query, below the URL of the API."""
    headers: dict[str, str]
    content: Content = b""
    publish_id: str = ""
    """With one, the same change can be sent again without being made twice."""
    changes: bool = False
    """Whether it may change something."""

    @property
    def repeatable(self) -> bool:
        """Whether sending it again cannot do more than sending it once."""
        return isinstance(self.content, bytes) and (not self.changes or bool(self.publish_id))


def prepare(
    operation: Operation,
    *,
    path: Mapping[str, str] | None = None,
    query: msgspec.Struct | None = None,
    body: Any = None,
    if_match: str = "",
    if_none_match: bool = False,
    accept: Media | None = None,
) -> Prepared:
    """``body`` is a struct, text of the rule language, octets or an open file of them."""
    media = accept or operation.media[0]
    if media not in operation.media:
        raise ValueError(f"{operation.id} does not answer {media}")
    headers = {"Accept": f"{media}, application/problem+json;q=0.9"}
    content, sent_media = encoded(operation, body)
    if sent_media:
        headers["Content-Type"] = sent_media
    if if_match:
        headers["If-Match"] = quoted(if_match)
    if if_none_match:
        headers["If-None-Match"] = "*"
    parameters = parameters_of(operation, query)
    target = BASE + filled(operation.path, path or {})
    if parameters:
        target += "?" + urlencode(parameters)
    changes = operation.changes and not getattr(query, "dry_run", False)
    publish_id = str(getattr(query, "publish_id", ""))
    return Prepared(operation.method, target, headers, content, publish_id, changes)


def filled(template: str, values: Mapping[str, str]) -> str:
    """``/rules/{name}`` with each value as one percent-encoded segment."""
    names = set(re.findall(r"\{(\w+)\}", template))
    if names != values.keys():
        raise ValueError(f"{template} takes {sorted(names)}, not {sorted(values)}")
    if empty := [name for name, value in values.items() if value in ("", ".", "..")]:
        raise ValueError(f'"{values[empty[0]]}" cannot be a {empty[0]}')
    return re.sub(r"\{(\w+)\}", lambda match: quote(values[match[1]], safe=""), template)


def parameters_of(operation: Operation, query: msgspec.Struct | None) -> list[tuple[str, str]]:
    if query is None:
        return []
    if not isinstance(query, operation.query):
        raise ValueError(f"{operation.id} takes {operation.query.__name__}, not {type(query).__name__}")
    found: list[tuple[str, str]] = []
    for field in msgspec.structs.fields(query):
        value = getattr(query, field.name)
        if value != default_of(field):
            values: Iterable[Any] = value if isinstance(value, tuple | list | frozenset) else (value,)
            found += [(field.encode_name, parameter(each)) for each in values if each is not None]
    return found


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def parameter(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encoded(operation: Operation, body: Any) -> tuple[Content, str]:
    """Content and its media type, which is empty where there is none."""
    if body is None:
        return b"", ""
    if isinstance(body, str):
        content: tuple[Content, Media] = (body.encode("utf-8"), RULES_MEDIA)
    elif isinstance(body, bytes) or hasattr(body, "read"):
        content = (body, OCTETS)
    else:
        content = (msgspec.json.encode(body), "application/json")
    if content[1] not in operation.body_media or (
        operation.body is None and content[1] == "application/json"
    ):
        raise ValueError(f"{operation.id} does not take {content[1]}")
    return content[0], "text/plain; charset=utf-8" if content[1] == RULES_MEDIA else content[1]


def quoted(tag: str) -> str:
    """An entity tag as it goes into a header (RFC 9110, 8.8.3)."""
    return tag if tag == "*" or tag.endswith('"') else f'"{tag}"'
