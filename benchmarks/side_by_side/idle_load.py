"""Connections that stay open and ask nothing. ``… idle_load PORT COUNT``

Each asks once and gets its answer; then it prints ``open`` and waits until its standard input ends. At the end it
prints how many the other side had not closed.
"""

from __future__ import annotations

import socket
import sys

PATIENCE_S = 30.0
REQUEST = b"GET / HTTP/1.1\r\nHost: bench.example\r\n\r\n"


def main() -> int:
    port, count = int(sys.argv[1]), int(sys.argv[2])
    opened = [_open(port, number) for number in range(count)]
    print("open", flush=True)
    sys.stdin.read()
    print(sum(map(_is_open, opened)))
    return 0


def _open(port: int, number: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    connection.sendall(REQUEST)
    answer = connection.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"connection {number + 1} was answered {answer[:100]!r}")
    return connection


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        while data := connection.recv(4096):
            del data
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


if __name__ == "__main__":
    raise SystemExit(main())
