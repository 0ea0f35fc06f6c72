"""From the bytes of an answer to a result, or to the exception that says what it means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from weir.api.operation import Operation
from weir.api.problem import MEDIA, ProblemAnswer
from weir.client.errors import ApiError, Away, BadAnswer, Missing, NotAllowed, OutcomeUnknown, Refused, Stale

UNKNOWN = "outcome-unknown"
KINDS: dict[int, type[Refused]] = {401: NotAllowed, 403: NotAllowed, 404: Missing, 412: Stale}
AWAY = (502, 503, 504)
SHOWN = 200
"""Characters of an answer that is none of ours which an error repeats."""


class Raw(NamedTuple):
    """What came over the wire; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Reply(NamedTuple):
    """``result`` is the operation's struct, or text, or octets, or None for an answer without a body."""

    result: Any
    etag: str = ""
    """Without its quotation marks; given back as ``if_match``."""
    status: int = 200
    date: str = ""
    """The server's clock, as a header says it (RFC 9110, 6.6.1)."""


def reply_of(operation: Operation, raw: Raw) -> Reply:
    """Raises ``ApiError``."""
    if not 200 <= raw.status < 300:
        raise error_of(raw)
    tag = tag_of(raw.headers.get("etag", ""))
    return Reply(_result(operation, raw), tag, raw.status, raw.headers.get("date", ""))


def tag_of(header: str) -> str:
    return header.removeprefix("W/").strip('"')


def _result(operation: Operation, raw: Raw) -> Any:
    if not raw.content and operation.result is None:
        return None
    if raw.media == "application/json":
        if operation.result is None:
            return msgspec.json.decode(raw.content)
        try:
            return msgspec.json.decode(raw.content, type=operation.result)
        except msgspec.MsgspecError as error:
            raise BadAnswer(
                f"the answer to {operation.id} is not what this client expects ({error}); "
                "are the client and the server of the same version?"
            ) from error
    if raw.media in operation.media:
        return raw.content.decode("utf-8", "replace") if raw.media.startswith("text/") else raw.content
    raise BadAnswer(
        f"what answered is not Weir's admin API: {operation.id} got {raw.media or 'no media type'}"
    )


def error_of(raw: Raw) -> ApiError:
    """Of an answer that is no success."""
    problem = problem_of(raw)
    if problem is None:
        return _foreign(raw)
    if problem.code == UNKNOWN:
        return OutcomeUnknown(problem.detail, publish_id=problem.publish_id, check=problem.check)
    if raw.status in AWAY:
        return Away(problem.detail or problem.title)
    if raw.status >= 500:
        return BadAnswer(
            f"the admin API failed: {problem.detail or problem.title} (request {problem.request_id})"
        )
    return KINDS.get(raw.status, Refused)(problem)


def problem_of(raw: Raw) -> ProblemAnswer | None:
    """None where the answer is none of the API's."""
    if raw.media not in (MEDIA, "application/json"):
        return None
    try:
        return msgspec.json.decode(raw.content, type=ProblemAnswer)
    except msgspec.MsgspecError:
        return None


def _foreign(raw: Raw) -> ApiError:
    said = " ".join(raw.content[: SHOWN * 4].decode("utf-8", "replace").split())[:SHOWN]
    if raw.status in AWAY:
        return Away(f"something before the admin API answered {raw.status}: {said or 'nothing'}")
    return BadAnswer(f"what answered is not Weir's admin API: status {raw.status}, {said or 'no content'}")
