"""Heads share defaults, never values."""

from edge.http.head import RequestHead, ResponseHead


def test_what_one_head_says_no_other_says() -> None:
    one, two = RequestHead(), RequestHead()
    one.hosts += (b"a.test",)
    one.lengths += (b"1",)
    assert (two.hosts, two.lengths) == ((), ())
    assert ResponseHead().status == 0


def test_events_are_known_by_their_media_type() -> None:
    head = ResponseHead()
    head.fields = [(b"content-type", b"Content-Type", b"text/html")]
    assert not head.is_event_stream
    head.fields = [(b"content-type", b"Content-Type", b"text/EVENT-stream; charset=utf-8")]
    assert head.is_event_stream
