"""Docstrings of fields, which Python does not keep: read from the source, for descriptions in the OpenAPI document."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import msgspec

Struct = type[msgspec.Struct]


def structs_in(shapes: Iterable[Any]) -> list[Struct]:
    """Every struct that the types mention, however deep."""
    found: dict[Struct, None] = {}
    waiting = list(shapes)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if kind not in found:
                found[kind] = None
                waiting.extend(get_type_hints(kind).values())
        else:
            waiting.extend(get_args(kind))
    return list(found)


def described(components: dict[str, Any], structs: Iterable[Struct]) -> None:
    """Adds descriptions to the properties of the schemas that msgspec named after these structs."""
    for struct in structs:
        properties = components.get(struct.__name__, {}).get("properties", {})
        for name, text in field_docs(struct).items():
            if name in properties:
                properties[name] = {"description": text, **properties[name]}


@cache
def field_docs(struct: Struct) -> dict[str, str]:
    """Field → the string that stands below it; its bases' fields too."""
    found: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if base is not msgspec.Struct and issubclass(base, msgspec.Struct):
            found |= own_docs(base)
    return found


def own_docs(struct: Struct) -> dict[str, str]:
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    return {
        field.target.id: " ".join(text.value.value.split()).replace("``", "`")
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
