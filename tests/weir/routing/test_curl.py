"""Pasted curl commands."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.routing.curl import MAX_COMMAND, BadCurl, read_curl


def headers(command: str) -> dict[str, str]:
    return dict(read_curl(command).headers)


@pytest.mark.parametrize(
    ("command", "method", "url"),
    [
        ("curl http://a/", "GET", "http://a/"),
        ("curl a.example.com/x", "GET", "http://a.example.com/x"),
        ("/usr/bin/curl -X PUT http://a/x", "PUT", "http://a/x"),
        ("curl -XDELETE --url http://a/x", "DELETE", "http://a/x"),
        ("curl http://a/ -d x=1", "POST", "http://a/"),
        ("curl http://a/ --json '{}' -X PATCH", "PATCH", "http://a/"),
        ("curl -G http://a/?p=0 -d x=1 --data-urlencode 'q=a b&c'", "GET", "http://a/?p=0&x=1&q=a+b%26c"),
        ("curl http://a/ --url-query x=1 --url-query +y%20", "GET", "http://a/?x=1&y%20"),
        ("curl -I http://a/", "HEAD", "http://a/"),
        ("curl -T file http://a/", "PUT", "http://a/"),
        ("curl -F a=b http://a/", "POST", "http://a/"),
        ("curl -sSLk -o /dev/null -m5 --connect-timeout 3 --compressed http://a/#here", "GET", "http://a/"),
        ("curl -- http://a/", "GET", "http://a/"),
        ("curl --no-progress-meter --http2 https://a/", "GET", "https://a/"),
        ("curl -d @body.json http://a/", "POST", "http://a/"),
    ],
)
def test_method_and_url(command: str, method: str, url: str) -> None:
    sent = read_curl(command)
    assert (sent.method, sent.url) == (method, url)


def test_headers_of_options() -> None:
    found = headers(
        "curl -H 'X-A: 1' -H 'X-Empty;' -A agent -e 'http://r/;auto' -u me:secret -b 'sid=1; b=2' http://a/"
    )
    assert found == {
        "X-A": "1",
        "X-Empty": "",
        "User-Agent": "agent",
        "Referer": "http://r/",
        "Authorization": "Basic bWU6c2VjcmV0",
        "Cookie": "sid=1; b=2",
        "Accept": "*/*",
    }


def test_what_curl_adds_can_be_taken_away() -> None:
    assert headers("curl -H 'Accept:' -H 'User-Agent:' http://a/") == {}
    assert headers("curl -d x -H 'content-type: text/csv' http://a/")["content-type"] == "text/csv"


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("curl -d x http://a/", "Content-Type", "application/x-www-form-urlencoded"),
        ("curl --json x http://a/", "Content-Type", "application/json"),
        ("curl --json x http://a/", "Accept", "application/json"),
        ("curl -F a=b http://a/", "Content-Type", "multipart/form-data"),
        ("curl --compressed http://a/", "Accept-Encoding", "deflate, gzip, br, zstd"),
        ("curl --oauth2-bearer T http://a/", "Authorization", "Bearer T"),
        ("curl -r 0-5 http://a/", "Range", "bytes=0-5"),
    ],
)
def test_headers_that_follow_from_options(command: str, name: str, value: str) -> None:
    assert headers(command)[name] == value


def test_a_command_copied_from_a_browser() -> None:
    command = (
        "curl 'https://shop.example.com/cart?id=7' \\\n  -H 'accept: */*' \\\n  -H 'cookie: sid=abc' \\\n"
        '  --data-raw $\'{"note":"it\\\'s"}\' \\\n  --insecure'
    )
    sent = read_curl(command)
    assert (sent.method, sent.url) == ("POST", "https://shop.example.com/cart?id=7")
    assert ("cookie", "sid=abc") in sent.headers


@pytest.mark.parametrize(
    ("command", "line", "column", "message"),
    [
        ("wget http://a/", 1, 1, "begins with curl"),
        ("", 1, 1, "begins with curl"),
        ("curl", 1, 1, "names no URL"),
        ("curl \\\n  --nonsense http://a/", 2, 3, "--nonsense is not known"),
        ("curl -Z http://a/", 1, 6, "-Z is not known"),
        ("curl http://a/ -H", 1, 16, "-H needs a value"),
        ("curl http://a/ http://b/", 1, 16, "second URL"),
        ("curl http://a/ | jq", 1, 16, "for a shell"),
        ("curl -H nothing http://a/", 1, 9, "not a header field"),
        ("curl -H @file http://a/", 1, 9, "from a file"),
        ("curl -b jar http://a/", 1, 9, "from a file"),
        ("curl -G -d @file http://a/", 1, 1, "from a file"),
        ("curl --data-urlencode a@f http://a/", 1, 23, "from a file"),
        ("curl ftp://a/", 1, 6, "not an http or https URL"),
        ("curl http://[::1/", 1, 6, "not a URL"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    command: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(BadCurl, match=message) as refused:
        read_curl(command)
    assert (refused.value.line, refused.value.column) == (line, column)


def test_a_command_over_the_bound_is_refused() -> None:
    with pytest.raises(BadCurl, match="more than"):
        read_curl("curl " + "x" * MAX_COMMAND)


WORDS = ["-H", "a: b", "-d", "-G", "--json", "http://a/", "-X", "--", "-", "", "-b", "x=1", "-I", "'"]


@given(st.lists(st.sampled_from(WORDS)))
def test_any_command_is_read_or_refused(words: list[str]) -> None:
    with contextlib.suppress(BadCurl):
        read_curl("curl " + " ".join(words))
