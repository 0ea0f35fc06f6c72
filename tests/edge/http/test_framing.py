"""Each check refuses exactly what it is for; the corpus in tests/wire/ shows them at work."""

from __future__ import annotations

import pytest

from edge.http.framing import MAX_FIELDS, MAX_TARGET, check_request, check_response
from edge.http.head import RequestHead, ResponseHead


def request(**parts: object) -> RequestHead:
    head = RequestHead()
    head.fields = []
    head.version, head.method, head.target, head.hosts = "1.1", b"GET", b"/", (b"a.test",)
    for name, value in parts.items():
        setattr(head, name, value)
    return head


def response(**parts: object) -> ResponseHead:
    head = ResponseHead()
    head.fields = []
    head.version, head.status = "1.1", 200
    for name, value in parts.items():
        setattr(head, name, value)
    return head


class TestRequests:
    @pytest.mark.parametrize(
        ("parts", "code"),
        [
            ({"version": "2.0"}, "version-not-supported"),
            ({"version": "0.9"}, "version-not-supported"),
            ({"method": b"CONNECT"}, "method-not-supported"),
            ({"method": b"TRACE"}, "method-not-supported"),
            ({"method": b"SOURCE"}, "method-not-supported"),
            ({"target": b"/" * (MAX_TARGET + 1)}, "target-too-long"),
            ({"target": b"/#a"}, "malformed-request"),
            ({"count": MAX_FIELDS + 1}, "head-too-large"),
            ({"hosts": ()}, "malformed-request"),
            ({"hosts": (b"a", b"a")}, "malformed-request"),
            ({"odd_name": b"content_length"}, "malformed-request"),
            ({"codings": (b"gzip",)}, "malformed-request"),
            ({"codings": (b"chunked", b"chunked")}, "malformed-request"),
            ({"codings": (b"chunked",), "version": "1.0"}, "malformed-request"),
            ({"codings": (b"chunked",), "lengths": (b"1",)}, "malformed-request"),
            ({"lengths": (b"1", b"1")}, "malformed-request"),
            ({"lengths": (b"1_0",)}, "malformed-request"),
            ({"lengths": (b"1" * 19,)}, "malformed-request"),
            ({"expects": (b"else",)}, "expectation-failed"),
            ({"upgrade": True, "lengths": (b"1",)}, "malformed-request"),
            ({"upgrade": True, "codings": (b"chunked",)}, "malformed-request"),
        ],
    )
    def test_what_is_refused(self, parts: dict[str, object], code: str) -> None:
        refusal = check_request(request(**parts))
        assert refusal is not None
        assert refusal.code == code

    @pytest.mark.parametrize(
        ("parts", "length"),
        [
            ({}, 0),
            ({"version": "1.0"}, 0),
            ({"target": b"/" * MAX_TARGET, "count": MAX_FIELDS}, 0),
            ({"lengths": (b"7",)}, 7),
            ({"lengths": (b"9" * 18,)}, 10**18 - 1),
            ({"codings": (b"Chunked",)}, None),
            ({"expects": (b"100-Continue",), "lengths": (b"1",)}, 1),
            ({"upgrade": True, "lengths": (b"0",)}, 0),
        ],
    )
    def test_what_passes_and_how_long_its_body_is(self, parts: dict[str, object], length: int | None) -> None:
        head = request(**parts)
        assert check_request(head) is None
        assert head.length == length


class TestResponses:
    @pytest.mark.parametrize(
        "parts",
        [
            {"version": "2.0"},
            {"status": 99},
            {"status": 600},
            {"reason": b"O\x00K"},
            {"reason": b"O\x7fK"},
            {"status": 101, "upgrades": (b"websocket",)},
            {"status": 101, "upgrades": (b"websocket",), "connections": (b"close",)},
            {"status": 101, "connections": (b"upgrade",)},
            {"codings": (b"gzip",)},
            {"codings": (b"chunked",), "version": "1.0"},
            {"codings": (b"chunked",), "lengths": (b"1",)},
            {"codings": (b"chunked",), "status": 204},
            {"lengths": (b"1", b"1")},
            {"lengths": (b"-1",)},
            {"count": MAX_FIELDS + 1},
        ],
    )
    def test_what_is_refused(self, parts: dict[str, object]) -> None:
        assert check_response(response(**parts))

    @pytest.mark.parametrize(
        ("parts", "length", "until_close"),
        [
            ({}, None, True),
            ({"lengths": (b"7",)}, 7, False),
            ({"codings": (b"chunked",)}, None, False),
            ({"status": 204}, 0, False),
            ({"status": 101, "upgrades": (b"x",), "connections": (b"close, Upgrade",)}, 0, False),
            ({"reason": b"Not\tan \xe9 word", "lengths": (b"0",)}, 0, False),
            ({"status": 304, "lengths": (b"7",)}, 7, False),
            ({"version": "1.0"}, None, True),
        ],
    )
    def test_what_passes_and_where_its_body_ends(
        self, parts: dict[str, object], length: int | None, until_close: bool
    ) -> None:
        head = response(**parts)
        assert check_response(head) is None
        assert (head.length, head.until_close) == (length, until_close)
