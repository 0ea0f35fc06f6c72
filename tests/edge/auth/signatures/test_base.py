"""What was signed, as it is made again from what the client sent."""

from __future__ import annotations

import base64
import hmac
from types import SimpleNamespace
from typing import Any

import pytest

from edge.auth.signatures.base import derived, signature_base
from edge.auth.signatures.declared import BadSignature, Signature, read_signatures
from edge.http.names import request_names
from edge.http.request_reader import RequestReader

RFC_SECRET = base64.b64decode(
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
)
"""Key ``test-shared-secret`` of RFC 9421, appendix B.1.5."""
RFC_REQUEST = b"""POST /foo?param=Value&Pet=dog HTTP/1.1
Host: example.com
Date: Tue, 20 Apr 2021 02:07:55 GMT
Content-Type: application/json
Content-Digest: sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:
Content-Length: 18

{"hello": "world"}""".replace(b"\n", b"\r\n")


def _exchange(data: bytes, scheme: str = "https", host_sent: bytes = b"") -> Any:
    """What ``guard`` leaves of a request."""
    reader = RequestReader(request_names(), 65536)
    reader.feed(data)
    head = reader.ready.popleft().head
    reader.close()
    return SimpleNamespace(head=head, scheme=scheme, host_sent=host_sent or head.hosts[0].lower())


def _base(data: bytes, *names: str, **known: Any) -> list[str]:
    signature = Signature("sig1", "k", names, 0, 0, "(…)".replace("…", ""), b"")
    return signature_base(_exchange(data, **known), signature).decode().split("\n")[:-1]


def _get(target: str = "/", *lines: str, host: str = "a.test") -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode("latin-1")


def test_the_signature_of_the_rfc_with_a_shared_secret() -> None:
    """RFC 9421, appendix B.2.5."""
    (signature,) = read_signatures(
        b'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        b"sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
    )
    base = signature_base(_exchange(RFC_REQUEST), signature)
    assert base.decode() == (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
        '"@authority": example.com\n'
        '"content-type": application/json\n'
        '"@signature-params": ("date" "@authority" "content-type")'
        ';created=1618884473;keyid="test-shared-secret"'
    )
    assert hmac.digest(RFC_SECRET, base, "sha256") == signature.value


class TestDerived:
    """RFC 9421 §2.2, with its examples."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("@method", "POST"),
            ("@target-uri", "https://www.example.com/path?param=value"),
            ("@authority", "www.example.com"),
            ("@scheme", "https"),
            ("@request-target", "/path?param=value"),
            ("@path", "/path"),
            ("@query", "?param=value"),
        ],
    )
    def test_of_a_usual_request(self, name: str, value: str) -> None:
        exchange = _exchange(b"POST /path?param=value HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
        assert derived(exchange, name).decode() == value

    @pytest.mark.parametrize(
        ("target", "path", "query"),
        [
            ("/path", "/path", "?"),
            ("/path?", "/path", "?"),
            ("/a//b/../c/%2e%41", "/a//b/../c/%2e%41", "?"),
            ("/path?queryString", "/path", "?queryString"),
            ("/path?a=b?c=%20d", "/path", "?a=b?c=%20d"),
            ("http://a.test/x?y", "/x", "?y"),
            ("http://a.test", "/", "?"),
            ("http://a.test?y", "/", "?y"),
        ],
    )
    def test_path_and_query_are_taken_as_they_came(self, target: str, path: str, query: str) -> None:
        exchange = _exchange(_get(target))
        assert (derived(exchange, "@path").decode(), derived(exchange, "@query").decode()) == (path, query)
        assert derived(exchange, "@request-target").decode() == target

    @pytest.mark.parametrize(
        ("scheme", "sent", "authority"),
        [
            ("http", b"a.test:80", "a.test"),
            ("http", b"a.test:443", "a.test:443"),
            ("https", b"a.test:443", "a.test"),
            ("https", b"a.test:80", "a.test:80"),
            ("https", b"[::1]:8443", "[::1]:8443"),
            ("http", b"a.test", "a.test"),
        ],
    )
    def test_the_port_that_the_scheme_has_anyway_is_left_out(
        self, scheme: str, sent: bytes, authority: str
    ) -> None:
        exchange = _exchange(_get("/x?y"), scheme, sent)
        assert derived(exchange, "@authority").decode() == authority
        assert derived(exchange, "@target-uri").decode() == f"{scheme}://{authority}/x?y"

    @pytest.mark.parametrize("name", ["@status", "@query-param", "@signature-params", "@", "@METHOD"])
    def test_others_are_refused(self, name: str) -> None:
        with pytest.raises(BadSignature):
            derived(_exchange(_get()), name)

    @pytest.mark.parametrize("name", ["@path", "@query", "@target-uri"])
    def test_the_target_of_all_has_no_path(self, name: str) -> None:
        with pytest.raises(BadSignature, match="no path"):
            derived(_exchange(b"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n"), name)


class TestFields:
    """RFC 9421 §2.1."""

    def test_lines_are_joined_in_their_order_without_outer_blanks(self) -> None:
        data = _get("/", "X-A:  one ", "x-b: \t", "X-a: two,  three", "Cookie: a=1", "Cookie: b=2")
        assert _base(data, "x-a", "x-b", "cookie") == [
            '"x-a": one, two,  three',
            '"x-b": ',
            '"cookie": a=1, b=2',
        ]

    def test_fields_that_the_edge_reads_itself_can_be_covered(self) -> None:
        data = b"POST / HTTP/1.1\r\nHost: A.test\r\nContent-Length: 2\r\nX-Request-ID: 7\r\n\r\nok"
        assert _base(data, "host", "content-length", "x-request-id") == [
            '"host": A.test',
            '"content-length": 2',
            '"x-request-id": 7',
        ]

    @pytest.mark.parametrize("name", ["x-a", "x-weir-consumer", "keep-alive", "transfer-encoding", "te"])
    def test_what_is_not_there_or_does_not_go_on_cannot_be_covered(self, name: str) -> None:
        data = (
            b"POST / HTTP/1.1\r\nHost: a.test\r\nX-Weir-Consumer: me\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
            b"Connection: TE\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        with pytest.raises(BadSignature, match="is not there"):
            _base(data, name)

    def test_what_connection_takes_away_cannot_be_covered(self) -> None:
        with pytest.raises(BadSignature, match="Connection names x-a"):
            _base(_get("/", "X-A: 1", "Connection: x-A"), "x-a")

    def test_what_is_not_ascii_cannot_be_covered(self) -> None:
        with pytest.raises(BadSignature, match="not ASCII"):
            _base(_get("/", "X-A: \xe9"), "x-a")

    def test_an_underscore_is_another_field(self) -> None:
        with pytest.raises(BadSignature, match="is not there"):
            _base(_get("/", "X_A: 1"), "x-a")
