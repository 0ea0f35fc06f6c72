"""Why a token is refused."""

from __future__ import annotations

from typing import Literal, TypeAlias

Code: TypeAlias = Literal["credential-invalid", "credential-expired"]


class BadToken(Exception):
    """The text says why, in words for whoever sent it; nothing of it comes from the token."""

    def __init__(self, detail: str, code: Code = "credential-invalid") -> None:
        super().__init__(detail)
        self.code: Code = code


class Early(BadToken):
    """It is not valid yet: the same token may be, a moment later."""


class Forged(BadToken):
    """Nobody who signs for the issuer has signed it: a guess, which costs a look at its signature."""


class UnknownKey(Forged):
    """The issuer may have a new key that is not known here."""
