"""The Date of answers that the edge makes itself."""

from __future__ import annotations

from edge.http.date import Date


def test_it_is_the_date_of_rfc_9110() -> None:
    assert Date(lambda: 784111777.9).value() == b"Sun, 06 Nov 1994 08:49:37 GMT"


def test_it_is_written_again_when_the_second_is_over() -> None:
    now = [784111777.0]
    date = Date(lambda: now[0])
    first = date.value()
    now[0] += 0.5
    assert date.value() is first
    now[0] += 0.5
    assert date.value() == b"Sun, 06 Nov 1994 08:49:38 GMT"
