"""``/ws``: a WebSocket that echoes every message, over gevent's WSGI server with wsproto for the protocol (RFC 6455).

WSGI knows no upgrade, so the handler takes the connection over before the application is asked.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

from gevent.pywsgi import WSGIHandler
from wsproto import WSConnection
from wsproto.connection import ConnectionType
from wsproto.events import AcceptConnection, CloseConnection, Event, Message, Ping, Request
from wsproto.utilities import RemoteProtocolError

IDLE_S = 75.0
"""Longest silence while a request is read or awaited."""
WEBSOCKET_IDLE_S = 3600.0
READ_SIZE = 65536


class Handler(WSGIHandler):
    """One connection."""

    def handle(self) -> None:
        self.socket.settimeout(IDLE_S)
        # Head and body are two writes; without this the second waits 40 ms for the peer's delayed acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().handle()

    def get_environ(self) -> dict[str, Any]:
        """WSGI merges headers of one name and forgets their order; the echo should not."""
        environ: dict[str, Any] = super().get_environ()
        environ["demo.headers"] = list(self.headers.items())
        return environ

    def run_application(self) -> None:
        upgrade = self.headers.get("Upgrade", "").lower() == "websocket"
        path = self.path or "/"
        if not upgrade or path.partition("?")[0] != "/ws":
            super().run_application()
            return
        self.close_connection = True
        self.status, self.code = "101 Switching Protocols", 101
        self.socket.settimeout(WEBSOCKET_IDLE_S)
        connection = WSConnection(ConnectionType.SERVER)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        try:
            connection.initiate_upgrade_connection(headers, path)
            self._echo_until_closed(connection)
        except RemoteProtocolError as error:
            if error.event_hint is not None:
                self.socket.sendall(connection.send(error.event_hint))

    def _echo_until_closed(self, connection: WSConnection) -> None:
        while True:
            for event in connection.events():
                for reply in replies_to(event):
                    self.socket.sendall(connection.send(reply))
                if isinstance(event, CloseConnection):
                    return
            try:
                # What came together with the request's head is in the buffer of the file, not in the socket.
                data = self.rfile.read1(READ_SIZE)
            except TimeoutError:
                return
            if not data:
                return
            connection.receive_data(data)


def replies_to(event: Event) -> Iterator[Event]:
    """A long message is echoed piece by piece as it comes, so none is ever held whole."""
    if isinstance(event, Request):
        yield AcceptConnection()
    elif isinstance(event, Message):
        yield event
    elif isinstance(event, Ping | CloseConnection):
        yield event.response()
