from __future__ import annotations

from weir.client.access import Access
from weir.client.client import Client


def test_a_client_is_made_of_what_was_found() -> None:
    with Client.at(Access("http://127.0.0.1:8001/", "weirt_secret")) as client:
        assert repr(client) == "Client('http://127.0.0.1:8001')"
