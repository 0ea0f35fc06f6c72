"""A curl command → the request that it would send. Pure: nothing is read, sent or expanded.

Knows the options that shape a request, and those that do not (how to connect, what to print); others are refused with
their place, because a request that is only nearly the pasted one gets another rule.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote_plus, urlsplit

from weir.routing.shell_words import NotWords, Word, words_of

MAX_COMMAND = 1 << 18
"""Characters."""

_SHORT: Mapping[str, str] = {
    "X": "request", "H": "header", "d": "data", "G": "get", "b": "cookie", "A": "user-agent", "e": "referer",
    "u": "user", "I": "head", "k": "insecure", "F": "form", "T": "upload-file", "r": "range", "s": "silent",
    "S": "show-error", "v": "verbose", "i": "include", "L": "location", "f": "fail", "g": "globoff",
    "N": "no-buffer", "0": "http1.0", "4": "ipv4", "6": "ipv6", "j": "junk-session-cookies", "n": "netrc",
    "a": "append", "R": "remote-time", "O": "remote-name", "o": "output", "m": "max-time", "x": "proxy",
    "c": "cookie-jar", "w": "write-out", "D": "dump-header", "E": "cert", "z": "time-cond", "C": "continue-at",
    "y": "speed-time", "Y": "speed-limit", "#": "progress-bar", "q": "disable",
}  # fmt: skip
_FLAGS = frozenset({
    "insecure", "silent", "show-error", "verbose", "include", "location", "location-trusted", "fail",
    "fail-with-body", "globoff", "no-buffer", "http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3",
    "ipv4", "ipv6", "tcp-nodelay", "path-as-is", "no-progress-meter", "progress-bar", "junk-session-cookies",
    "remote-name", "remote-time", "disable", "no-keepalive", "fail-early", "tlsv1", "tlsv1.0", "tlsv1.1",
    "tlsv1.2", "tlsv1.3", "retry-connrefused", "retry-all-errors", "raw", "tr-encoding", "no-alpn",
    "styled-output", "ssl-no-revoke", "basic", "compressed-ssh", "create-dirs",
})  # fmt: skip
"""Change nothing about the request that rules look at."""
_WITH_VALUE = frozenset({
    "output", "max-time", "connect-timeout", "proxy", "cookie-jar", "write-out", "dump-header", "cert", "key",
    "cacert", "capath", "resolve", "connect-to", "interface", "retry", "retry-delay", "retry-max-time",
    "limit-rate", "max-redirs", "speed-time", "speed-limit", "proxy-user", "noproxy", "ciphers", "tls-max",
    "unix-socket", "local-port", "stderr", "trace", "trace-ascii", "cert-type", "key-type", "pass",
    "keepalive-time", "dns-servers", "output-dir", "proto", "proto-default", "proto-redir", "alt-svc", "hsts",
})  # fmt: skip
"""The same, but with a word behind."""
_DATA = frozenset({"data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "url-query"})
_SHAPING = frozenset({
    "request", "header", "cookie", "user-agent", "referer", "user", "form", "form-string", "upload-file",
    "range", "url", "oauth2-bearer",
})  # fmt: skip
_SWITCHES = frozenset({"get", "head", "compressed"})


class BadCurl(ValueError):
    """Not a curl command that can be understood; the text is one sentence."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class Sent(NamedTuple):
    """The request of a command; bodies are left out, since rules do not look at them."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]


def read_curl(command: str) -> Sent:
    """Raises BadCurl."""
    if len(command) > MAX_COMMAND:
        raise BadCurl(f"the command has more than {MAX_COMMAND} characters", 1, 1)
    try:
        return _Reader(words_of(command)).run()
    except NotWords as error:
        line = command.count("\n", 0, error.offset) + 1
        column = error.offset - command.rfind("\n", 0, error.offset)
        raise BadCurl(str(error), line, column) from None


class _Reader:
    """Takes one word after the other."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._next = 0
        self._method = ""
        self._url: Word | None = None
        self._headers: list[tuple[str, str]] = []
        self._removed: set[str] = set()
        self._data: list[str] = []
        self._query: list[str] = []
        self._body_type = ""
        self._switches: set[str] = set()

    def run(self) -> Sent:
        if not self._words or self._words[0].text.rpartition("/")[2] not in ("curl", "curl.exe"):
            raise NotWords(
                "a command that begins with curl was expected", self._words[0].offset if self._words else 0
            )
        self._next = 1
        options = True
        while self._next < len(self._words):
            word = self._take()
            if options and word.text == "--":
                options = False
            elif options and word.text.startswith("--"):
                self._long(word)
            elif options and word.text.startswith("-") and word.text != "-":
                self._short(word)
            else:
                self._set_url(word)
        return self._sent()

    def _take(self) -> Word:
        self._next += 1
        return self._words[self._next - 1]

    def _long(self, word: Word) -> None:
        name = word.text[2:]
        plain = name.removeprefix("no-")
        if name in _SWITCHES:
            self._switches.add(name)
        elif name in _FLAGS or (plain != name and plain in _FLAGS):
            return
        elif name in _WITH_VALUE or name in _DATA or name in _SHAPING:
            self._option(name, self._value(word, word.text))
        else:
            raise NotWords(f"the option {word.text} is not known here", word.offset)

    def _short(self, word: Word) -> None:
        """Several letters in one word; the rest of the word behind an option with a value is its value."""
        for index, letter in enumerate(word.text[1:], 1):
            name = _SHORT.get(letter, "")
            if name in _SWITCHES:
                self._switches.add(name)
            elif name in _WITH_VALUE or name in _DATA or name in _SHAPING:
                rest = word.text[index + 1 :]
                value = Word(rest, word.offset) if rest else self._value(word, f"-{letter}")
                self._option(name, value)
                return
            elif name not in _FLAGS:
                raise NotWords(f"the option -{letter} is not known here", word.offset)

    def _value(self, word: Word, option: str) -> Word:
        if self._next >= len(self._words):
            raise NotWords(f"the option {option} needs a value", word.offset)
        return self._take()

    def _option(self, name: str, value: Word) -> None:
        if name in _DATA:
            self._add_data(name, value)
            return
        match name:
            case "request":
                self._method = value.text
            case "header":
                self._add_header(value)
            case "url":
                self._set_url(value)
            case "cookie":
                if "=" not in value.text:
                    raise NotWords(f"cookies are not read from a file such as {value.text}", value.offset)
                self._headers.append(("Cookie", value.text))
            case "user-agent":
                self._headers.append(("User-Agent", value.text))
            case "referer":
                self._headers.append(("Referer", value.text.removesuffix(";auto")))
            case "user":
                encoded = base64.b64encode(value.text.encode()).decode()
                self._headers.append(("Authorization", f"Basic {encoded}"))
            case "oauth2-bearer":
                self._headers.append(("Authorization", f"Bearer {value.text}"))
            case "range":
                self._headers.append(("Range", f"bytes={value.text}"))
            case "form" | "form-string":
                self._body_type = self._body_type or "multipart/form-data"
            case "upload-file":
                self._switches.add("upload-file")

    def _set_url(self, word: Word) -> None:
        if self._url is not None:
            raise NotWords("a second URL; one request is explained at a time", word.offset)
        self._url = word

    def _add_header(self, word: Word) -> None:
        if word.text.startswith("@"):
            raise NotWords("headers are not read from a file", word.offset)
        name, colon, value = word.text.partition(":")
        if not colon and name.endswith(";"):
            name, value = name[:-1], ""  # curl's way to send an empty header
        elif not colon or not name.strip():
            raise NotWords(f'"{word.text}" is not a header field; expected NAME: VALUE', word.offset)
        elif not value.strip():
            self._removed.add(name.strip().lower())
            return
        self._headers.append((name.strip(), value.strip()))

    def _add_data(self, name: str, word: Word) -> None:
        """What the data say counts only where ``-G`` puts them into the query."""
        if name == "url-query":
            self._query.append(word.text.removeprefix("+") if word.text.startswith("+") else _encoded(word))
            return
        if name == "json":
            self._body_type = "application/json"
            self._switches.add("json")
        self._body_type = self._body_type or "application/x-www-form-urlencoded"
        if name == "data-urlencode":
            self._data.append(_encoded(word))
        elif word.text.startswith("@") and name != "data-raw":
            self._data.append("\0@")  # a file's content: fine as a body, unknown as a query
        else:
            self._data.append(word.text)

    def _sent(self) -> Sent:
        if self._url is None:
            raise NotWords("the command names no URL", self._words[0].offset)
        query = list(self._query)
        if "get" in self._switches:
            if "\0@" in self._data:
                raise NotWords("data from a file cannot become a query here", self._words[0].offset)
            query += self._data
        return Sent(self._method or self._default_method(), _url(self._url, query), self._all_headers())

    def _default_method(self) -> str:
        if "head" in self._switches:
            return "HEAD"
        if "upload-file" in self._switches:
            return "PUT"
        return "POST" if self._body_type and "get" not in self._switches else "GET"

    def _all_headers(self) -> tuple[tuple[str, str], ...]:
        """What curl adds by itself stands last, unless the command says otherwise."""
        given = {name.lower() for name, _ in self._headers} | self._removed
        added = [("User-Agent", "curl/8"), ("Accept", "*/*")]
        if "json" in self._switches:
            added[-1] = ("Accept", "application/json")
        if self._body_type and "get" not in self._switches:
            added.append(("Content-Type", self._body_type))
        if "compressed" in self._switches:
            added.append(("Accept-Encoding", "deflate, gzip, br, zstd"))
        return (*self._headers, *((name, value) for name, value in added if name.lower() not in given))


def _encoded(word: Word) -> str:
    """As ``--data-urlencode`` does: ``content``, ``=content``, ``name=content``; files are not read."""
    name, equals, content = word.text.partition("=")
    if "@" in name:
        raise NotWords("data are not read from a file", word.offset)
    if not equals:
        return quote_plus(name)
    return f"{name}={quote_plus(content)}" if name else quote_plus(content)


def _url(word: Word, query: list[str]) -> str:
    """With the scheme that curl takes where none is given."""
    url = word.text if "://" in word.text else f"http://{word.text}"
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise NotWords(f'"{word.text}" is not a URL: {error}', word.offset) from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NotWords(f'"{word.text}" is not an http or https URL', word.offset)
    joined = "&".join(filter(None, (parts.query, *query)))
    return parts._replace(query=joined, fragment="").geturl()
