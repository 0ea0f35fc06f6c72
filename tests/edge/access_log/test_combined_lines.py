"""The combined format, and that nobody can forge a line of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_log.combined_lines import encode, escaped, time_local
from edge.access_log.formats import FORMATS
from tests.support.in_process import InProcess

COMBINED = re.compile(
    r'(\S+) (\S+) (\S+) \[([^\]]+)\] "((?:[^"\\]|\\x[0-9A-F]{2})*)" (\d{3}) (\d+) '
    r'"((?:[^"\\]|\\x[0-9A-F]{2})*)" "((?:[^"\\]|\\x[0-9A-F]{2})*)"\n'
)
"""As log analysers read it."""


def line_of(tmp_path: Path, request: bytes) -> str:
    edge = InProcess(tmp_path, 'rule a { when any; respond 200 "hi" }')
    edge.log._take = FORMATS["combined"].take
    edge.ask(request)
    return encode(edge.log._waiting, 1_000_000_000.0).decode("ascii")


def test_a_request_as_the_client_sent_it(tmp_path: Path) -> None:
    line = line_of(
        tmp_path,
        b"GET /a%20b/?q=1&r=%22 HTTP/1.1\r\nHost: a.test\r\nReferer: http://b.test/\r\nUser-Agent: probe/1 (x)\r\n\r\n",
    )
    found = COMBINED.fullmatch(line)
    assert found is not None
    assert found.group(1, 2, 3) == ("192.0.2.7", "-", "-")
    assert found.group(5, 6, 8, 9) == (
        "GET /a%20b/?q=1&r=%22 HTTP/1.1",
        "200",
        "http://b.test/",
        "probe/1 (x)",
    )
    assert int(found[7]) > 2


@pytest.mark.parametrize(
    ("request_bytes", "shown"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "-"),
        (b"GET /%zz HTTP/1.0\r\nHost: a\r\n\r\n", "GET /%zz HTTP/1.0"),
        (b"GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1"),
    ],
)
def test_what_was_not_understood_is_a_line_too(tmp_path: Path, request_bytes: bytes, shown: str) -> None:
    found = COMBINED.fullmatch(line_of(tmp_path, request_bytes))
    assert found is not None
    assert (found[5], found[6], found[8], found[9]) == (shown, "400", "-", "-")


def test_quotes_backslashes_and_what_is_not_printable_are_escaped() -> None:
    assert escaped(b'a"b\\c\r\n\t\x00\x7f\xe9z') == r"a\x22b\x5Cc\x0D\x0A\x09\x00\x7F\xE9z"


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_whatever_a_client_says_it_is_one_line_with_its_fields(
    target: bytes, referer: bytes, agent: bytes
) -> None:
    taken = (0.0, "192.0.2.7", None, (), b"GET", target, "1.1", 200, 5, referer, agent)
    line = encode([taken], 0.0).decode("ascii")
    found = COMBINED.fullmatch(line)
    assert found is not None
    assert found[6] == "200"
    assert found[8] == (escaped(referer) or "-")


def test_times_are_utc_with_english_months() -> None:
    assert time_local(0) == "01/Jan/1970:00:00:00 +0000"
    assert time_local(1_000_000_000) == "09/Sep/2001:01:46:40 +0000"
