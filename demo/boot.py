"""Composition root of the demo service: its listener, its server, its end."""

from __future__ import annotations

import argparse
import random
import signal
import socket
import sys
from collections.abc import Sequence

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from demo.answers import Demo
from demo.websocket import Handler
from weir.processes.ports import BadAddress, CannotListen, address_of, bind, parse_address

BAD_SET_UP = 2
MAX_CONNECTIONS = 1000
STOP_S = 1.0
"""How long requests in flight may still take at the end."""


def main(argv: Sequence[str]) -> int:
    """Runs until SIGTERM or SIGINT; 2 if it cannot listen."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="A service to try Weir with.")
    parser.add_argument("--listen", default="127.0.0.1:8004", metavar="HOST:PORT")
    parser.add_argument("--fd", type=int, metavar="N", help="a listening socket instead of an address")
    arguments = parser.parse_args(argv)
    try:
        listener = listening_socket(arguments.listen, arguments.fd)
    except (BadAddress, CannotListen) as error:
        sys.stderr.write(f"demo: {error}\n")
        return BAD_SET_UP
    serve(listener, say_where=arguments.fd is None)
    return 0


def listening_socket(address: str, descriptor: int | None) -> socket.socket:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    return bind(parse_address(address), what="the demo service")


def serve(listener: socket.socket, *, say_where: bool) -> None:
    listener.setblocking(False)
    server = WSGIServer(
        listener,
        Demo(chance=random.random),
        spawn=Pool(MAX_CONNECTIONS),
        log=None,
        error_log=sys.stderr,
        handler_class=Handler,
    )
    stop = Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(sign, stop.set)
    server.start()
    if say_where:
        sys.stderr.write(f"demo: http://{address_of(listener)}\n")
    stop.wait()
    server.stop(timeout=STOP_S)
