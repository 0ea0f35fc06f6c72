"""Document ⇄ JSON, the machine form; and its schema. Unknown fields and kinds are refused with their place."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from weir.models.document import LANGUAGE, Document
from weir.models.problem import Problem, Refused
from weir.rules.bounds import MAX_TEXT

SCHEMA_ID = f"urn:weir:document:{LANGUAGE}"

_PLACE = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)


def to_json(document: Document) -> bytes:
    return msgspec.json.encode(document)


def from_json(data: bytes) -> Document:
    """Raises ``Refused`` for what is not a document; what it says is checked elsewhere."""
    if len(data) > MAX_TEXT:
        raise Refused([Problem("too-large", f"{len(data)} bytes", expected=f"at most {MAX_TEXT}")])
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        message, path = (match["message"], match["path"] or "") if match else (str(error), "")
        raise Refused([Problem("invalid", message, path=path)]) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused([Problem("not-json", f"not a JSON document: {error}")]) from None


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the JSON form."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": f"Weir document, language {LANGUAGE}",
        **msgspec.json.schema(Document),
    }
