"""Refusals: every error of the admin API is problem+json (RFC 9457), with a stable code and a clear sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import msgspec

from weir.api.problem import ProblemAnswer, Winner
from weir.models.problem import Problem, Refused, errors_of
from weir.serving.hosts import CrossSite, WrongHost
from weir.store.errors import StoreAway, StoreError, VersionGone

RETRY_AFTER_S = "1"
MAX_ERRORS = 200
"""Findings of one answer; more than a person reads at once."""
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_BYTE = re.compile(r"\(byte (\d+)\)")


class Refusal(Exception):
    """An answer other than success; ``code`` is stable, ``detail`` one sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str = "",
        errors: Iterable[Problem] = (),
        winner: Winner | None = None,
        difference: str = "",
        check: int = 0,
        publish_id: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.answer = ProblemAnswer(
            title=title or HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            errors=tuple(errors)[:MAX_ERRORS],
            winner=winner,
            difference=difference,
            check=check,
            publish_id=publish_id,
        )

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def code(self) -> str:
        return self.answer.code


FAULT = Refusal(500, "internal", "Something went wrong here; the log tells more.")


def refusal_of(error: Exception) -> Refusal | None:
    """What the store, the models and msgspec raise, as a refusal; None for anything else, which is a fault of ours."""
    match error:
        case Refusal():
            return error
        case Refused():
            return of_rules(error)
        case WrongHost():
            return Refusal(421, "wrong-host", str(error), title="Misdirected Request")
        case CrossSite():
            return Refusal(403, "cross-site", str(error))
        case VersionGone():
            return Refusal(404, "version-gone", f"{error}.".replace("..", "."))
        case StoreAway():
            return Refusal(
                503,
                "store-away",
                f"The store does not answer: {error}.",
                headers={"Retry-After": RETRY_AFTER_S},
            )
        case StoreError():
            return Refusal(503, "store-refused", f"The store refused: {error}.")
        case msgspec.DecodeError():
            return of_input(error)
    return None


def of_rules(refused: Refused) -> Refusal:
    errors = errors_of(refused.problems)
    found = "one error" if len(errors) == 1 else f"{len(errors)} errors"
    more = f"; the first {MAX_ERRORS} are listed" if len(refused.problems) > MAX_ERRORS else ""
    return Refusal(
        422,
        "invalid-rules",
        f"The configuration has {found}{more}.",
        title="Invalid rules",
        errors=refused.problems,
    )


def of_input(error: msgspec.DecodeError, data: bytes = b"", what: str = "body") -> Refusal:
    """JSON that is none, or not of the expected shape; ``data`` tells line and column of the former."""
    message, _, place = str(error).partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    code = f"invalid-{what}"
    line = column = 0
    if unknown := _UNKNOWN_FIELD.match(message):
        code = "unknown-field"
        path = f"{path}.{unknown[1]}".lstrip(".")
    elif (offset := _BYTE.search(message)) and data:
        line, column = place_of(data, int(offset[1]))
    problem = Problem(code=code, message=message, path=path, line=line, column=column)
    return Refusal(400, code, f"The {what} cannot be understood: {problem.text()}.", errors=[problem])


def place_of(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte."""
    before = data[:offset]
    return before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
