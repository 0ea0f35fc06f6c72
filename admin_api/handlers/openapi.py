"""The OpenAPI document: made once in each worker, when it is first asked for."""

from __future__ import annotations

from functools import cache
from typing import Any

from admin_api.call import Answer, Call, Handler
from admin_api.openapi import document
from weir.api.operations import OPERATIONS


@cache
def whole() -> dict[str, Any]:
    return document(OPERATIONS)


def get(_call: Call) -> Answer:
    return Answer(whole())


HANDLERS: dict[str, Handler] = {"openapi.get": get}
