"""One question to one name server: over UDP, and over TCP if the answer was cut (RFC 1035 §4.2, RFC 7766).

The sockets are gevent's, so a wait stops the greenlet that asks and nobody else. A datagram that is not the answer to
this question is passed over: somebody else may have sent it.
"""

from __future__ import annotations

import socket
import struct
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
from gevent import socket as gevent_socket

MAX_DATAGRAM = 65_535


class NoAnswer(Exception):
    """This name server gave no answer that can be used."""


def ask(name: str, kind: str, nameserver: tuple[str, int], timeout_s: float) -> dns.message.Message:
    """``kind`` is A or AAAA. Raises NoAnswer; ValueError for what can be no name."""
    try:
        query = dns.message.make_query(dns.name.from_text(name + "."), kind)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{name} is no name: {error}") from None
    until = time.monotonic() + timeout_s
    try:
        answer = _over_udp(query, nameserver, until)
        if answer is None:
            answer = _over_tcp(query, nameserver, until)
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise NoAnswer(f"{nameserver[0]}: {error or 'no answer'}") from None
    return answer


def _over_udp(
    query: dns.message.Message, nameserver: tuple[str, int], until: float
) -> dns.message.Message | None:
    """None if the answer did not fit."""
    with gevent_socket.socket(_family(nameserver), socket.SOCK_DGRAM) as sock:
        sock.connect(nameserver)
        sock.send(query.to_wire())
        while True:
            sock.settimeout(_left(until))
            data = sock.recv(MAX_DATAGRAM)
            try:
                answer = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
            except dns.exception.DNSException:
                continue
            if query.is_response(answer):
                return None if answer.flags & dns.flags.TC else answer


def _over_tcp(query: dns.message.Message, nameserver: tuple[str, int], until: float) -> dns.message.Message:
    with gevent_socket.socket(_family(nameserver), socket.SOCK_STREAM) as sock:
        sock.settimeout(_left(until))
        sock.connect(nameserver)
        wire = query.to_wire()
        sock.sendall(struct.pack("!H", len(wire)) + wire)
        (length,) = struct.unpack("!H", _exactly(sock, 2, until))
        answer = dns.message.from_wire(_exactly(sock, length, until))
    if not query.is_response(answer):
        raise EOFError("it answered another question")
    return answer


def _exactly(sock: gevent_socket.socket, count: int, until: float) -> bytes:
    data = b""
    while len(data) < count:
        sock.settimeout(_left(until))
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError("it closed the connection")
        data += more
    return data


def _left(until: float) -> float:
    """Raises TimeoutError when nothing is left."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _family(nameserver: tuple[str, int]) -> int:
    return socket.AF_INET6 if ":" in nameserver[0] else socket.AF_INET
