"""Answers of gateways, in pieces."""

import pytest

from benchmarks.avalanche.http_answer import status_of

ANSWER = b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 3\r\n\r\nabc"


def test_an_answer_has_a_status_once_the_whole_of_it_is_there() -> None:
    assert [status_of(ANSWER[:end]) for end in range(len(ANSWER))] == [None] * len(ANSWER)
    assert status_of(ANSWER) == 504


def test_an_answer_without_a_length_is_not_what_gateways_here_say() -> None:
    with pytest.raises(ValueError, match="without Content-Length"):
        status_of(b"HTTP/1.1 200 OK\r\n\r\n")
