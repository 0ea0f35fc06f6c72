"""What an answer means."""

from __future__ import annotations

import msgspec
import pytest

from weir.api.operation import Operation
from weir.api.problem import MEDIA, ProblemAnswer, Winner
from weir.client.answer import Raw, error_of, reply_of
from weir.client.errors import Away, BadAnswer, Missing, NotAllowed, OutcomeUnknown, Refused, Stale


class Thing(msgspec.Struct, frozen=True):
    name: str


READ = Operation(
    id="things.get", method="GET", path="/things", summary="", role="viewer", result=Thing,
    media=("application/json", "text/plain", "application/octet-stream"),
)  # fmt: skip
GONE = Operation(id="things.delete", method="DELETE", path="/things", summary="", role="editor", status=204)


def raw(status: int, body: bytes, media: str = "application/json", **headers: str) -> Raw:
    return Raw(status, {"content-type": media, **headers}, body)


def refusal(status: int, code: str, **more: object) -> Raw:
    problem = {"title": "T", "status": status, "code": code, "detail": "No.", **more}
    return raw(status, msgspec.json.encode(problem), MEDIA)


def test_a_result_is_typed_and_comes_with_its_tag() -> None:
    reply = reply_of(READ, raw(200, b'{"name":"x","since":"later"}', etag='W/"12-ab"'))
    assert reply == (Thing("x"), "12-ab", 200, "")


def test_text_and_octets_are_given_as_they_are() -> None:
    assert reply_of(READ, raw(200, "ü".encode(), "text/plain; charset=utf-8")).result == "ü"
    assert reply_of(READ, raw(200, b"\0", "application/octet-stream")).result == b"\0"


def test_an_answer_without_a_body_has_no_result() -> None:
    assert reply_of(GONE, Raw(204, {}, b"")).result is None


def test_a_result_of_another_shape_is_said() -> None:
    with pytest.raises(BadAnswer, match=r"things\.get is not what this client expects"):
        reply_of(READ, raw(200, b'{"title":1}'))


def test_a_page_of_something_else_is_not_taken_for_the_api() -> None:
    with pytest.raises(BadAnswer, match="not Weir's admin API"):
        reply_of(READ, raw(200, b"<html>", "text/html"))
    assert isinstance(error_of(raw(418, b"<html> hi", "text/html")), BadAnswer)
    assert str(error_of(raw(502, b"bad gateway", "text/html"))).endswith("answered 502: bad gateway")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "no-credentials", NotAllowed),
        (403, "role", NotAllowed),
        (404, "no-such-rule", Missing),
        (412, "stale", Stale),
        (422, "invalid-rules", Refused),
        (409, "exists", Refused),
        (503, "store-away", Away),
        (503, "outcome-unknown", OutcomeUnknown),
        (500, "fault", BadAnswer),
    ],
)
def test_a_refusal_has_its_exception(status: int, code: str, kind: type[Exception]) -> None:
    assert type(error_of(refusal(status, code))) is kind


def test_a_stale_write_tells_the_winner_and_the_difference() -> None:
    winner = {"number": 7, "author": "eve", "time_ms": 1, "message": "why"}
    error = error_of(refusal(412, "stale", winner=winner, difference="-a\n+b\n"))
    assert isinstance(error, Stale)
    assert (error.winner, error.difference) == (Winner(7, "eve", 1, "why"), "-a\n+b\n")


def test_an_unknown_outcome_tells_what_to_look_at() -> None:
    error = error_of(refusal(503, "outcome-unknown", check=9, publish_id="p"))
    assert isinstance(error, OutcomeUnknown)
    assert (error.check, error.publish_id) == (9, "p")


def test_a_refusal_without_a_detail_shows_its_title() -> None:
    problem = ProblemAnswer(title="Teapot", status=418, detail="", code="teapot")
    assert str(Refused(problem)) == "Teapot"
