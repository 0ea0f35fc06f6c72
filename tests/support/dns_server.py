"""A small name server on loopback: UDP and TCP on one port, answers as a test scripts them.

``records[name, kind]`` is what is answered; a name without any record does not exist.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Script = Callable[[dns.message.Message, dns.message.Message, str], bytes | None]
"""(query, answer so far, "udp" or "tcp") → the bytes to send; None: say nothing."""


def whole(_query: dns.message.Message, answer: dns.message.Message, _how: str) -> bytes:
    return answer.to_wire()


def silent(_query: dns.message.Message, _answer: dns.message.Message, _how: str) -> None:
    return None


def failing(_query: dns.message.Message, answer: dns.message.Message, _how: str) -> bytes:
    answer.answer = []
    answer.set_rcode(dns.rcode.SERVFAIL)
    return answer.to_wire()


def cut_over_udp(_query: dns.message.Message, answer: dns.message.Message, how: str) -> bytes:
    if how == "udp":
        answer.answer = []
        answer.flags |= dns.flags.TC
    return answer.to_wire()


class DnsServer:
    """Serves from the start; ``asked`` is every question as ``name kind how``."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        """Lines such as ``a.test. 30 IN A 192.0.2.1``."""
        self.script: Script = whole
        self.of_kind: dict[str, Script] = {}
        """Scripts of one type."""
        self.asked: list[str] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def has(self, name: str, *addresses: str, ttl: int = 30) -> None:
        """In place of what it had; no address takes the name away."""
        self.records.pop((name, "A"), None)
        self.records.pop((name, "AAAA"), None)
        for address in addresses:
            kind = "AAAA" if ":" in address else "A"
            self.records.setdefault((name, kind), []).append(f"{name}. {ttl} IN {kind} {address}")

    def stop(self) -> None:
        self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))

    def _serve_udp(self) -> None:
        with self._udp:
            while True:
                data, peer = self._udp.recvfrom(65_535)
                if not data:
                    return
                answer = self._answer(data, "udp")
                if answer is not None:
                    self._udp.sendto(answer, peer)

    def _serve_tcp(self) -> None:
        while True:
            try:
                sock, _ = self._tcp.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as stream:
                (length,) = struct.unpack("!H", stream.read(2))
                answer = self._answer(stream.read(length), "tcp")
                if answer is not None:
                    sock.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, data: bytes, how: str) -> bytes | None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        self.asked.append(f"{name} {kind} {how}")
        answer = dns.message.make_response(query, recursion_available=True)
        lines = self.records.get((name, kind), [])
        if lines:
            answer.answer = _sets(lines)
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return self.of_kind.get(kind, self.script)(query, answer, how)


def _sets(lines: list[str]) -> list[dns.rrset.RRset]:
    """One set for each (name, type)."""
    sets: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for line in lines:
        name, ttl, _, kind, value = line.split()
        sets.setdefault((name, kind), (int(ttl), []))[1].append(value)
    return [
        dns.rrset.from_text(name, ttl, "IN", kind, *values) for (name, kind), (ttl, values) in sets.items()
    ]
