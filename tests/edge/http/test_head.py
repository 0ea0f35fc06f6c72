"""Heads share defaults, never values."""

from edge.http.head import RequestHead, ResponseHead


def test_what_one_head_says_no_other_says() -> None:
    one, two = RequestHead(), RequestHead()
    one.hosts += (b"a.test",)
    one.lengths += (b"1",)
    assert (two.hosts, two.lengths) == ((), ())
    assert ResponseHead().status == 0
