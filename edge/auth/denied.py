"""A credential that does not do: why, in the words of the table in ``edge/answers.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from edge.auth.method import Method
    from weir.models.auth.caller import Caller

DeniedCode: TypeAlias = Literal[
    "credential-missing",
    "credential-invalid",
    "credential-expired",
    "insufficient-scope",
    "forbidden",
    "too-many-failures",
    "credentials-unavailable",
]


class Denied(Exception):
    """``detail`` is a sentence for whoever wrote the client; it never has anything of the credential in it."""

    method: Method | None = None
    """Who said it; set by who asked the methods."""

    def __init__(
        self,
        code: DeniedCode,
        detail: str = "",
        *,
        scope: str = "",
        caller: Caller | None = None,
        retry_after_s: int = 0,
    ) -> None:
        """``scope``: what would be needed, for ``insufficient-scope``. ``caller``: who it was, where that is proven;
        the log has it."""
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: DeniedCode = code
        self.detail = detail
        self.scope = scope
        self.caller = caller
        self.retry_after_s = retry_after_s
