"""What the upstream is told of who called. Clients cannot say any of it: fields named ``X-Weir-…`` are dropped as
they are read, with ``_`` read as ``-`` (``edge/http/names.py``), also from trailers and where Connection lists them.
"""

from __future__ import annotations

from functools import lru_cache

from edge.edits.headers import header_bytes
from edge.edits.template import for_header
from edge.http.head import Field
from weir.models.auth.caller import Caller

_FIELDS = (
    (b"X-Weir-Consumer", "consumer"),
    (b"X-Weir-Subject", "subject"),
    (b"X-Weir-Client", "client"),
    (b"X-Weir-Credential", "credential"),
)
SCOPES = b"X-Weir-Scopes"
MAX_CALLERS = 4096
"""Whose fields are at hand."""


@lru_cache(maxsize=MAX_CALLERS)
def identity_fields(caller: Caller) -> tuple[Field, ...]:
    """Those that have something to say. Scopes are separated by spaces."""
    said = [(name, str(getattr(caller, member))) for name, member in _FIELDS]
    said.insert(1, (SCOPES, " ".join(caller.scopes)))
    return tuple((name.lower(), name, header_bytes(for_header(value))) for name, value in said if value)
