"""Made-up messages, cut anywhere: what is read never depends on how the network cut the bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.http.names import request_names, response_names
from edge.http.request_reader import RequestReader
from edge.http.response_reader import MAX_RESPONSE_HEAD, ResponseReader

MAX_HEAD = 4096
quick = settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])

tokens = st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=8).map(str.encode)
values = st.text('abc XYZ\t"(),/:;<=>?@[]{}é', max_size=12).map(lambda text: text.encode("latin-1"))
FRAMING = (b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect", b"te")


def plain(name: bytes) -> bool:
    return name.lower().replace(b"_", b"-") not in FRAMING


fields = st.lists(st.tuples(tokens.filter(plain), values), max_size=4)
blocks = st.lists(st.binary(min_size=1, max_size=40), max_size=4)


class Made(NamedTuple):
    """A message with what must be read from it."""

    wire: bytes
    body: bytes


def lines(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in pairs)


def chunked(pieces: list[bytes], extension: bytes, trailers: list[tuple[bytes, bytes]]) -> bytes:
    chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces)
    return chunks + b"0" + extension + b"\r\n" + lines(trailers) + b"\r\n"


@st.composite
def framed(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """(header lines, body on the wire, body)."""
    pieces = draw(blocks)
    body = b"".join(pieces)
    if draw(st.booleans()):
        return b"Content-Length: %d\r\n" % len(body), body, body
    extension = draw(st.sampled_from([b"", b";a", b";a=b", b';a="b c"']))
    return b"Transfer-Encoding: chunked\r\n", chunked(pieces, extension, draw(fields)), body


@st.composite
def requests(draw: st.DrawFn) -> Made:
    method = draw(st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"M-SEARCH"]))
    target = draw(st.text("/abc.?&=%~", max_size=20).map(lambda text: b"/" + text.encode()))
    head = b"%b %b HTTP/1.1\r\nHost: a.test\r\n" % (method, target) + lines(draw(fields))
    framing, wire, body = draw(st.one_of(st.just((b"", b"", b"")), framed()))
    return Made(head + framing + b"\r\n" + wire, body)


@st.composite
def responses(draw: st.DrawFn) -> Made:
    status = draw(st.sampled_from([200, 206, 301, 404, 500, 599]))
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" * draw(st.integers(0, 2))
    framing, wire, body = draw(framed())
    reason = draw(st.sampled_from([b"", b" ", b" OK", b" Not \xe9 word"]))
    head = b"HTTP/1.1 %d%b\r\n" % (status, reason) + lines(draw(fields)) + framing
    return Made(interim + head + b"\r\n" + wire, body)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if end > start]


def read_requests(pieces: list[bytes], max_head: int = MAX_HEAD) -> tuple[list[object], str]:
    reader = RequestReader(request_names(), max_head)
    for piece in pieces:
        reader.feed(piece)
    seen: list[object] = []
    for message in reader.ready:
        head = message.head
        refusal = message.refusal.code if message.refusal else ""
        seen.append(
            (head.method, head.target, head.version, head.keep_alive, head.fields, head.lengths, head.codings,
             head.connections, head.forwarded, message.take(), message.complete, refusal)
        )  # fmt: skip
    return seen, reader.error.code if reader.error else ""


def read_response(pieces: list[bytes], is_head: bool = False, closes: bool = False) -> tuple[object, ...]:
    reader = ResponseReader(response_names())
    reader.begin(is_head)
    for piece in pieces:
        reader.feed(piece)
    if closes:
        reader.end()
    head = reader.head
    parsed = None if head is None else (head.status, head.reason, head.fields, head.length, head.until_close)
    return parsed, reader.take(), reader.complete, bool(reader.error), reader.may_be_reused()


@quick
@given(st.lists(requests(), min_size=1, max_size=4), st.lists(st.integers(0, 4000), max_size=10))
def test_requests_are_the_same_at_once_in_pieces_and_byte_by_byte(
    made: list[Made], places: list[int]
) -> None:
    data = b"".join(one.wire for one in made)
    at_once = read_requests([data])
    assert at_once[1] == ""
    assert [seen[9] for seen in at_once[0]] == [one.body for one in made]  # type: ignore[index]
    assert read_requests(cut(data, places)) == at_once
    assert read_requests([data[at : at + 1] for at in range(len(data))]) == at_once


@quick
@given(st.lists(requests(), min_size=1, max_size=3), st.data())
def test_bytes_that_were_damaged_are_read_the_same_too(made: list[Made], data: st.DataObject) -> None:
    """Whatever is made of a damaged message, it does not depend on the cut; only an error may come earlier."""
    wire = bytearray(b"".join(one.wire for one in made))
    for _ in range(data.draw(st.integers(1, 3))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.sampled_from(b"\r\n\0 :;,x0\xff\t"))
    whole, error = read_requests([bytes(wire)])
    pieces = cut(bytes(wire), data.draw(st.lists(st.integers(0, 4000), max_size=10)))
    again, again_error = read_requests(pieces)
    assert again == whole
    assert bool(again_error) == bool(error)


@quick
@given(responses(), st.lists(st.integers(0, 4000), max_size=10))
def test_a_response_is_the_same_at_once_in_pieces_and_byte_by_byte(made: Made, places: list[int]) -> None:
    at_once = read_response([made.wire])
    assert at_once[1:] == (made.body, True, False, True)
    assert read_response(cut(made.wire, places)) == at_once
    assert read_response([made.wire[at : at + 1] for at in range(len(made.wire))]) == at_once


@quick
@given(responses(), st.integers(0, 4000))
def test_a_response_that_is_cut_off_is_never_complete(made: Made, place: int) -> None:
    shorter = made.wire[: place % len(made.wire)]
    _, body, complete, _, reusable = read_response([shorter], closes=True)
    assert (complete, reusable) == (False, False)
    assert made.body.startswith(body)  # type: ignore[arg-type]


@quick
@given(st.binary(max_size=60), st.lists(st.integers(0, 4000), max_size=5))
def test_a_response_until_the_close_takes_every_byte_and_ends_the_connection(
    body: bytes, places: list[int]
) -> None:
    pieces = cut(b"HTTP/1.1 200 OK\r\n\r\n" + body, places)
    assert read_response(pieces)[2] is False
    assert read_response(pieces, closes=True)[1:] == (body, True, False, False)


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content", b"HTTP/1.1 304 Not Modified"])
@pytest.mark.parametrize("field", [b"", b"Content-Length: 5\r\n"])
def test_statuses_without_a_body_end_with_their_head(head: bytes, field: bytes) -> None:
    wire = head + b"\r\n" + field + b"\r\n"
    assert read_response([wire])[1:] == (b"", True, False, True)
    assert read_response([wire + b"12345"])[1:] == (b"", True, False, False)
    assert read_response([wire + b"HTTP/1.1 200 OK\r\n\r\n"])[1:] == (b"", True, False, False)


@quick
@given(responses())
def test_a_response_to_head_has_no_body_whatever_it_announces(made: Made) -> None:
    head = made.wire[: made.wire.rindex(b"\r\n\r\n", 0, len(made.wire) - len(_wire_of(made))) + 4]
    assert read_response([head], is_head=True)[1:] == (b"", True, False, True)
    if made.body:
        assert read_response([made.wire], is_head=True)[1:] == (b"", True, False, False)


def _wire_of(made: Made) -> bytes:
    """The part behind the final head."""
    rest = made.wire
    while rest.startswith(b"HTTP/1.1 103"):
        rest = rest.partition(b"\r\n\r\n")[2]
    return rest.partition(b"\r\n\r\n")[2]


def test_a_head_in_pieces_never_counts_for_the_next_one() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 3000 + b"\r\n\r\n"
    pieces = [head[:1000], head[1000:2000], head[2000:]]
    seen, error = read_requests(pieces * 5)
    assert (len(seen), error) == (5, "")


def test_a_body_never_counts_for_the_head_behind_it() -> None:
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
    seen, error = read_requests([post, b"x" * 60_000 + b"GET / HTTP/1.1\r\nHos", b"t: a\r\n\r\n"])
    assert (len(seen), error) == (2, "")


def test_requests_before_it_in_one_read_never_count_for_a_head() -> None:
    many = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 400
    seen, error = read_requests([many + b"GET / HTTP/1.1\r\nHos", b"t: a\r\n\r\n"])
    assert (len(seen), error) == (401, "")


@pytest.mark.parametrize("extra", [0, 1])
def test_the_bound_of_a_head_is_exact(extra: int) -> None:
    start, end = b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"\r\n\r\n"
    head = start + b"y" * (MAX_HEAD - len(start) - len(end) + extra) + end
    for pieces in ([head], [head[:2000], head[2000:]]):
        seen, error = read_requests(pieces)
        codes = [one[-1] for one in seen] or [error]  # type: ignore[index]
        assert codes == ["head-too-large" if extra else ""]


POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "endless",
    [b"0\r\nT: " + b"v" * 100_000, b"1;" + b"e" * 100_000, (b"1;" + b"e" * 100 + b"\r\nx\r\n") * 1000],
    ids=["trailer", "extension", "extensions"],
)
def test_what_chunks_carry_beside_their_content_is_bounded(endless: bytes) -> None:
    pieces = [POST, *(endless[at : at + 1000] for at in range(0, len(endless), 1000))]
    assert read_requests(pieces)[1] == "head-too-large"


def test_a_body_in_chunks_of_one_byte_is_long_and_fine() -> None:
    seen, error = read_requests([POST, *[b"1\r\nx\r\n" * 100] * 200, b"0\r\n\r\n"])
    assert error == ""
    assert seen[0][9] == b"x" * 20_000  # type: ignore[index]


def test_a_response_in_chunks_of_one_byte_is_long_and_fine() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    _, body, complete, error, _ = read_response([head, *[b"1\r\nx\r\n" * 1000] * 30, b"0\r\n\r\n"])
    assert (len(body), complete, error) == (30_000, True, False)  # type: ignore[arg-type]


def test_trailers_of_a_response_are_bounded_in_bytes() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: "
    pieces = [head, *[b"v" * 1024] * (MAX_RESPONSE_HEAD // 1024 + 1)]
    assert read_response(pieces)[3] is True
