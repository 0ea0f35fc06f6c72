"""Names in a path of something new: as the table of operations writes them down. Raises ``Refusal``."""

from __future__ import annotations

from typing import Any

import msgspec

from admin_api.problems import Refusal
from weir.models.problem import Problem


def checked(name: str, form: Any) -> str:
    """``form`` is one of the types of ``weir.api.auth_values``."""
    try:
        return str(msgspec.convert(name, form))
    except msgspec.ValidationError as error:
        problem = Problem("invalid-name", str(error), path="name")
        raise Refusal(
            422, "invalid-name", f'Nothing can be called "{name[:128]}": {error}.', errors=[problem]
        ) from None
