"""Requests as they happen, as an event stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from admin_api.services import services_of
from tests.support.admin import AdminClient, admin_app
from tests.support.servers import RunningServer
from weir.models.sample import LiveRequest, SampleFilter
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.samples import LISTEN_MS, MAX_LISTENERS, Samples, bring_call, read_asked

API = "/api/v1/traffic"


@pytest.fixture
def admin(client: Client) -> AdminClient:
    made: AdminClient = admin_app(client, "viewer")
    return made


def sampled(**other: Any) -> LiveRequest:
    fields: dict[str, Any] = {
        "time_ms": 1, "request_id": "x", "ip": "", "method": "GET", "scheme": "http", "host": "h", "path": "/",
        "status": 200, "duration_ms": 1.0, "rule": "a",
    }  # fmt: skip
    return LiveRequest(**(fields | other))


class Listening:
    """An event stream that is read as far as a test wants."""

    def __init__(self, admin: AdminClient, last_id: str = "", **query: Any) -> None:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        answer = admin.get(f"{API}/tail", query_string=query, headers=headers, buffered=False)
        assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
        self._answer = answer
        self._pieces: Iterator[bytes] = answer.iter_encoded()
        assert b"listening" in next(self._pieces)

    def events(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            for block in next(self._pieces).decode().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                if lines:
                    assert lines["event"] == "request"
                    assert json.loads(lines["data"])["id"] == lines["id"]
                    found.append(json.loads(lines["data"]))
        return found

    def close(self) -> None:
        self._answer.close()


def bring(client: Client, keys: Keys, *samples: LiveRequest) -> int:
    """How many listen."""
    return len(read_asked(client.pipeline([bring_call(keys, samples)])[0]))


def test_requests_come_as_they_happen_and_only_those_asked_for(
    admin: AdminClient, client: Client, keys: Keys
) -> None:
    assert bring(client, keys, sampled(path="/before")) == 0
    listening = Listening(admin, status="5xx", rule="a")
    assert (
        bring(client, keys, sampled(path="/1"), sampled(path="/2", status=503), sampled(rule="b", status=503))
        == 1
    )
    bring(client, keys, sampled(path="/3", status=500))
    first, second = listening.events(2)
    assert (first["path"], second["path"]) == ("/2", "/3")
    listening.close()
    assert bring(client, keys) == 0
    again = Listening(admin, last_id=first["id"])
    assert [each["rule"] for each in again.events(2)] == ["b", "a"]
    again.close()


def test_one_listener_too_many_is_told_so(admin: AdminClient, client: Client, keys: Keys) -> None:
    for number in range(MAX_LISTENERS):
        assert Samples(client, keys).listen(f"l{number}", SampleFilter())
    answer = admin.get(f"{API}/tail")
    assert (answer.status_code, answer.json["code"]) == (429, "too-many-listeners")


def test_a_stream_goes_on_saying_that_it_listens_and_ends_when_the_process_stops(
    client: Client, keys: Keys, monkeypatch: pytest.MonkeyPatch, store: RunningServer
) -> None:
    monkeypatch.setattr("admin_api.traffic.tail.AGAIN_S", 0.0)
    monkeypatch.setattr("admin_api.traffic.tail.QUIET_S", 0.0)
    services = services_of(client, keys)
    listening = Listening(admin_app(client, "viewer", services=services))
    assert next(listening._pieces) == b": quiet\n\n"
    store.admin().delete(keys.samples_wanted())
    next(listening._pieces)
    assert LISTEN_MS - 5000 < store.admin().pttl(keys.samples_wanted()) <= LISTEN_MS
    services.stopping.set()
    until = time.monotonic() + 30
    assert all(time.monotonic() < until for _ in listening._pieces)
    assert bring(client, keys) == 0
