import base64

from benchmarks.side_by_side.echo_load import ECHO, HANDSHAKE, MESSAGE
from benchmarks.side_by_side.echo_server import answer_to, echoed, unmasked


def test_an_upgrade_gets_the_accept_value_of_the_rfc() -> None:
    answer, is_open = answer_to(HANDSHAKE.partition(b"\r\n\r\n")[0])
    assert is_open
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer  # RFC 6455 §1.3


def test_a_plain_request_is_told_which_header_it_came_with() -> None:
    answer, is_open = answer_to(b"GET / HTTP/1.1\r\nHost: a\r\nx-bench: mark-b")
    assert not is_open
    assert answer.endswith(b"Content-Length: 0\r\nX-Seen: mark-b\r\n\r\n")


def test_messages_are_echoed_unmasked_and_a_part_waits_for_its_rest() -> None:
    assert echoed(MESSAGE * 2 + MESSAGE[:10]) == (ECHO * 2, MESSAGE[:10], False)


def test_a_goodbye_is_answered_and_ends_it() -> None:
    assert echoed(b"\x88\x82\x00\x00\x00\x00\x03\xe8" + MESSAGE) == (b"\x88\x02\x03\xe8", b"", True)


def test_masking_is_that_of_the_rfc() -> None:
    hello = base64.b16decode("7F9F4D5158")
    assert unmasked(hello, base64.b16decode("37FA213D")) == b"Hello"  # RFC 6455 §5.7
    assert unmasked(b"", b"abcd") == b""
