"""What the upstream is told of who called."""

from __future__ import annotations

from edge.auth.identity_fields import identity_fields
from weir.models.auth.caller import Caller


def said(caller: Caller) -> dict[bytes, bytes]:
    fields = identity_fields(caller)
    assert all(lower == name.lower() for lower, name, _ in fields)
    return {name: value for _, name, value in fields}


def test_all_that_is_known_is_said() -> None:
    caller = Caller("token", "jti-1", "acme", ("gold",), ("a", "b"), "user-7", "app")
    assert said(caller) == {
        b"X-Weir-Consumer": b"acme",
        b"X-Weir-Scopes": b"a b",
        b"X-Weir-Subject": b"user-7",
        b"X-Weir-Client": b"app",
        b"X-Weir-Credential": b"jti-1",
    }


def test_what_has_nothing_to_say_is_left_out() -> None:
    assert said(Caller("key", "id", "acme")) == {b"X-Weir-Consumer": b"acme", b"X-Weir-Credential": b"id"}


def test_a_subject_of_somebody_elses_cannot_end_its_field() -> None:
    found = said(Caller("token", "j", subject="a\r\nX-Weir-Consumer: admin\x00"))
    assert found[b"X-Weir-Subject"] == b"a%0D%0AX-Weir-Consumer: admin%00"


def test_a_subject_may_have_any_letters() -> None:
    assert said(Caller("token", "j", subject="é"))[b"X-Weir-Subject"] == b"\xe9"
    assert said(Caller("token", "j", subject="堰"))[b"X-Weir-Subject"] == "堰".encode()
