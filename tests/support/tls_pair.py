"""Certificates of a made-up authority, good for a hundred years, for ``target.test`` and loopback."""

from __future__ import annotations

import ssl
from pathlib import Path

FOLDER = Path(__file__).parent / "tls"
NAME = "target.test"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "server.pem", FOLDER / "server-key.pem")
    return context


def client_context() -> ssl.SSLContext:
    """Trusts the made-up authority only."""
    return ssl.create_default_context(cafile=FOLDER / "ca.pem")
