"""Which answers are compressed and what of their fields changes; and whole answers through a real edge."""

from __future__ import annotations

import gzip
import threading
import zlib
from pathlib import Path

import brotli
import pytest
import zstandard

from edge.forwarding.compression import MIN_LENGTH, Compression, is_compressible
from edge.http.head import Field, RequestHead
from tests.support.edge_process import EdgeProcess
from tests.support.in_process import InProcess
from tests.support.raw_client import Response
from tests.support.upstream import Peer, ok

BODY = b"the river is long. " * 200
PLAIN = b"Content-Type: text/plain"
ALL = "compress zstd, br, gzip"


def field(name: str, value: str) -> Field:
    return name.lower().encode(), name.encode(), value.encode()


def request(accept: str | None = "gzip", method: str = "GET", version: str = "1.1") -> RequestHead:
    head = RequestHead()
    head.method, head.version = method.encode(), version
    head.fields = [] if accept is None else [field("Accept-Encoding", accept)]
    return head


def begin(
    *fields: Field, head: RequestHead | None = None, status: int = 200, length: int | None = None
) -> tuple[dict[str, str], bool]:
    found = Compression(["br", "gzip"]).begin(
        head or request(), status, length, [field("Content-Type", "text/html"), *fields]
    )
    return {lower.decode(): value.decode() for lower, _, value in found.fields}, found.encoder is not None


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        *[
            (text, True)
            for text in ("text/html; charset=utf-8", "TEXT/CSS", "text/plain", "application/json")
        ],
        *[(text, True) for text in ("application/problem+json", "image/svg+xml", "application/wasm")],
        *[(text, True) for text in ("application/x-ndjson", "application/javascript;v=1", "font/ttf")],
        *[(text, False) for text in ("text/event-stream", "text/event-stream; charset=utf-8", "", "text")],
        *[(text, False) for text in ("image/png", "video/mp4", "application/zip", "font/woff2")],
        *[(text, False) for text in ("application/octet-stream", "application/grpc", "application/jsonx")],
    ],
)
def test_what_is_text_like_is_compressible(content_type: str, expected: bool) -> None:
    assert is_compressible(content_type.encode()) is expected


@pytest.mark.parametrize(("length", "expected"), [(MIN_LENGTH - 1, False), (MIN_LENGTH, True), (None, True)])
def test_short_answers_are_left_alone(length: int | None, expected: bool) -> None:
    fields, encoded = begin(length=length)
    assert encoded is expected
    assert ("vary" in fields) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Encoding", "gzip"),
        ("Content-Range", "bytes 0-1/2"),
        ("Content-Digest", "sha-256=:x:"),
        ("Repr-Digest", "sha-256=:x:"),
        ("Content-MD5", "x"),
        ("Cache-Control", "public, No-Transform"),
        ("Content-Type", "image/png"),
    ],
)
def test_what_is_encoded_cut_signed_or_forbidden_is_left_alone(name: str, value: str) -> None:
    fields, encoded = begin(field(name, value))
    assert (encoded, "vary" in fields) == (False, False)


@pytest.mark.parametrize("status", [204, 206, 304])
def test_some_statuses_are_left_alone(status: int) -> None:
    assert begin(status=status) == ({"content-type": "text/html"}, False)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_others_are_compressed(status: int) -> None:
    assert begin(status=status)[1]


@pytest.mark.parametrize(
    "head",
    [
        request(None),
        request("identity"),
        request("zstd"),
        request("gzip;q=0"),
        request(method="HEAD"),
        request(version="1.0"),
    ],
)
def test_who_cannot_take_it_gets_it_plain_and_caches_are_told(head: RequestHead) -> None:
    assert begin(field("ETag", '"x"'), head=head) == (
        {"content-type": "text/html", "etag": '"x"', "vary": "Accept-Encoding"},
        False,
    )


def test_a_client_may_forbid_changes() -> None:
    head = request()
    head.fields.append(field("Cache-Control", "no-transform"))
    assert not begin(head=head)[1]


@pytest.mark.parametrize(("etag", "weak"), [('"x"', 'W/"x"'), ('W/"x"', 'W/"x"'), ("odd", "odd")])
def test_fields_that_speak_of_the_bytes_change(etag: str, weak: str) -> None:
    fields, encoded = begin(
        field("ETag", etag),
        field("Accept-Ranges", "bytes"),
        field("Vary", "Accept"),
        head=request("gzip, br"),
    )
    assert encoded
    assert fields == {
        "content-type": "text/html",
        "etag": weak,
        "vary": "Accept-Encoding",
        "content-encoding": "br",
    }


def test_a_coding_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="deflate"):
        Compression(["deflate"])


def decoded(response: Response) -> bytes:
    decode = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
        None: bytes,
    }[response.header("content-encoding")]
    return decode(response.body)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [("gzip", "gzip"), ("br;q=0.9, gzip;q=0.8", "br"), ("gzip, br, zstd", "zstd"), ("deflate", None)],
)
def test_an_answer_arrives_in_the_coding_that_was_agreed(
    edge: EdgeProcess, upstreams, accept: str, coding: str | None
) -> None:
    upstream = upstreams(answer=lambda _request: ok(BODY, PLAIN, b'ETag: "x"'))
    edge.publish(f"rule a {{ when any; {ALL}; proxy {upstream.url} }}")
    with edge.client() as client:
        for _ in range(2):
            response = client.get("/", "a.test", f"Accept-Encoding: {accept}")
            assert response.header("content-encoding") == coding
            assert decoded(response) == BODY
            assert response.clean
            assert response.header("vary") == "Accept-Encoding"
            if coding is not None:
                assert response.header("content-length") is None
                assert response.header("etag") == 'W/"x"'
                assert len(response.body) < len(BODY)
    assert len(upstream.peers) == 1


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_large_body_arrives_whole(edge: EdgeProcess, upstreams, coding: str) -> None:
    body = BODY * 600
    upstream = upstreams(answer=lambda _request: ok(body, PLAIN))
    edge.publish(f"rule a {{ when any; {ALL}; proxy {upstream.url} }}")
    with edge.client() as client:
        response = client.get("/", "a.test", f"Accept-Encoding: {coding}")
        assert decoded(response) == body
        assert client.get("/").body == body


def test_what_the_upstream_has_sent_is_not_held_back(edge: EdgeProcess, upstreams) -> None:
    go_on = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for number in range(3):
            peer.send(b"2\r\n%d\n\r\n" % number)
            assert go_on.wait(20)
            go_on.clear()
        peer.send(b"0\r\n\r\n")

    edge.publish(f"rule a {{ when any; {ALL}; proxy {upstreams(script=script).url} }}")
    with edge.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\nAccept-Encoding: gzip\r\n\r\n").until(b"\r\n\r\n")
        stream, seen = zlib.decompressobj(16 + zlib.MAX_WBITS), b""
        for number in range(3):
            while b"%d\n" % number not in seen:
                size = int(client.until(b"\r\n"), 16)
                seen += stream.decompress(client.until(b"\r\n")[:-2] if size == 0 else exactly(client, size))
            go_on.set()


def exactly(client, size: int) -> bytes:
    data = client._exactly(size)
    assert client._exactly(2) == b"\r\n"
    return data


def test_a_body_that_breaks_off_is_no_clean_end(edge: EdgeProcess, upstreams) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\n" + BODY[:2000]
        )

    edge.publish(f"rule a {{ when any; {ALL}; proxy {upstreams(script=script).url} }}")
    with edge.client() as client:
        assert not client.get("/", "a.test", "Accept-Encoding: gzip").clean


def test_event_streams_and_http_1_0_stay_plain(edge: EdgeProcess, upstreams) -> None:
    upstream = upstreams(
        answer=lambda request: ok(
            BODY, b"Content-Type: text/event-stream" if b"/events" in request.line else PLAIN
        )
    )
    edge.publish(f"rule a {{ when any; {ALL}; proxy {upstream.url} }}")
    with edge.client() as client:
        assert client.get("/events", "a.test", "Accept-Encoding: gzip").body == BODY
    with edge.client() as client:
        client.send(b"GET / HTTP/1.0\r\nHost: a.test\r\nAccept-Encoding: gzip\r\n\r\n")
        assert client.response().body == BODY


def test_defaults_hold_where_a_rule_says_nothing_else(edge: EdgeProcess) -> None:
    text = "b" * MIN_LENGTH
    edge.publish(
        f'defaults {{ compress gzip }}\nrule a {{ when path == "/a"; respond 200 "{text}" }}\n'
        f'rule b {{ when path == "/b"; compress off; respond 200 "{text}" }}\n'
        f'rule c {{ when path == "/c"; respond 200 "{text[1:]}" }}'
    )
    with edge.client() as client:
        found = {path: client.get(path, "a.test", "Accept-Encoding: gzip") for path in ("/a", "/b", "/c")}
    assert [found[path].header("content-encoding") for path in found] == ["gzip", None, None]
    assert gzip.decompress(found["/a"].body) == text.encode()
    assert found["/a"].header("content-length") == str(len(found["/a"].body))


def test_what_went_out_compressed_is_counted(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, f'rule a {{ when any; compress gzip; respond 200 "{"text " * 400}" }}')
    for accept in ("gzip", "br"):
        edge.ask(f"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accept}\r\n\r\n".encode())
    counters = [each for frame in edge.engine.telemetry.take() for each in frame.get("counters", ())]
    assert [each for each in counters if each[0] == "weir_compressed_total"] == [
        ["weir_compressed_total", ["gzip"], 1]
    ]
