"""Heads to bytes."""

from edge.http.writer import chunk, request_head, response_head, status_line


def test_heads_are_written_from_parts() -> None:
    fields = [(b"x-a", b"X-A", b"1")]
    assert request_head(b"GET", b"/a", b"b.test", fields, b"Via: 1.1 weir\r\n") == (
        b"GET /a HTTP/1.1\r\nHost: b.test\r\nX-A: 1\r\nVia: 1.1 weir\r\n\r\n"
    )
    assert response_head(200, b"Fine", fields, b"") == b"HTTP/1.1 200 Fine\r\nX-A: 1\r\n\r\n"


def test_a_status_line_needs_no_reason() -> None:
    assert status_line(299, b"") == b"HTTP/1.1 299 \r\n"


def test_a_chunk_says_its_length_in_hexadecimal() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
