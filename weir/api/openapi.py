"""The OpenAPI document, as an operation of its own."""

from __future__ import annotations

from typing import Any

from weir.api.operation import Operation

OPERATIONS = (
    Operation(
        id="openapi.get",
        method="GET",
        path="/openapi.json",
        summary="This API as an OpenAPI 3.1 document.",
        role=None,
        result=dict[str, Any],
    ),
)
