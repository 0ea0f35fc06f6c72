"""What a client can put into a line is bounded, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.access_log.bounds import MAX_VALUE
from edge.access_log.formats import FORMATS
from tests.support.in_process import InProcess


@pytest.mark.parametrize("name", FORMATS)
def test_values_are_cut_at_the_bound(name: str, tmp_path: Path) -> None:
    edge = InProcess(tmp_path, "rule a { when any; respond 200 }")
    edge.log._take, encode = FORMATS[name]
    long = b"/" + b"a" * MAX_VALUE
    edge.ask(b"GET %b HTTP/1.1\r\nHost: a\r\nUser-Agent: %b\r\nReferer: %b\r\n\r\n" % (long, long, long))
    line = encode(edge.log._waiting, 0.0)
    assert b"/" + b"a" * (MAX_VALUE - 1) in line
    assert b"a" * MAX_VALUE not in line
