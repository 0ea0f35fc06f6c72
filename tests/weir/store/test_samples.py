"""Samples in a real store: only while somebody listens, bounded, gone after a while."""

from __future__ import annotations

import pytest

from tests.support.servers import RunningServer
from tests.support.wait import wait_until
from weir.models.sample import LiveRequest, SampleFilter
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.samples import KEPT_MS, LISTEN_MS, MAX_KEPT, MAX_LISTENERS, Samples, bring_call, read_asked


def request(number: int) -> LiveRequest:
    return LiveRequest(
        time_ms=number,
        request_id="x",
        ip="",
        method="GET",
        scheme="http",
        host="h",
        path="/",
        status=200,
        duration_ms=1.0,
    )


@pytest.fixture
def samples(client: Client, keys: Keys) -> Samples:
    return Samples(client, keys)


def bring(client: Client, keys: Keys, *sampled: LiveRequest) -> tuple[SampleFilter, ...]:
    return read_asked(client.pipeline([bring_call(keys, sampled)])[0])


def test_nothing_is_kept_while_nobody_listens(client: Client, keys: Keys, server: RunningServer) -> None:
    assert bring(client, keys, request(1)) == ()
    assert server.admin().keys("*") == []


def test_a_listener_gets_what_comes_after_it_began(client: Client, keys: Keys, samples: Samples) -> None:
    asked = SampleFilter(rule="a", status="5xx", min_ms=10)
    assert samples.listen("l1", asked)
    assert bring(client, keys, request(1)) == (asked,)
    newest = samples.newest()
    assert samples.after(newest) == ()
    bring(client, keys, request(2), request(3))
    assert [kept.sample.time_ms for kept in samples.after(newest)] == [2, 3]
    assert [kept.sample.time_ms for kept in samples.after("0-0")] == [1, 2, 3]


def test_a_listener_that_left_or_was_silent_for_long_is_not_heard_any_more(
    client: Client, keys: Keys, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.listen("l1", SampleFilter())
    samples.leave("l1")
    assert bring(client, keys) == ()
    samples.listen("long", SampleFilter())
    monkeypatch.setattr("weir.store.samples.LISTEN_MS", 30)
    samples.listen("short", SampleFilter())
    samples.listen("again", SampleFilter())
    wait_until(lambda: bring(client, keys) == (), within_s=30, what="silence ends a listener")


def test_one_listener_more_than_may_be_is_refused(samples: Samples) -> None:
    assert all(samples.listen(f"l{number}", SampleFilter()) for number in range(MAX_LISTENERS))
    assert not samples.listen("more", SampleFilter())
    assert samples.listen("l0", SampleFilter(rule="b"))
    samples.leave("l1")
    assert samples.listen("more", SampleFilter())


def test_the_stream_is_bounded_in_length_and_time(
    client: Client, keys: Keys, samples: Samples, server: RunningServer
) -> None:
    samples.listen("l1", SampleFilter())
    for _ in range(MAX_KEPT // 50 + 1):
        bring(client, keys, *(request(number) for number in range(50)))
    admin = server.admin()
    assert admin.xlen(keys.samples()) == MAX_KEPT
    assert 0 < admin.pttl(keys.samples()) <= KEPT_MS
    assert 0 < admin.pttl(keys.samples_wanted()) <= LISTEN_MS


def test_what_a_newer_program_wrote_is_left_out(
    client: Client, keys: Keys, samples: Samples, server: RunningServer
) -> None:
    admin = server.admin()
    admin.xadd(keys.samples(), {"s": b"\xc1"})
    admin.hset(keys.samples_wanted(), "l1", b"9999999999999\xc1")
    assert samples.after("0-0") == ()
    assert bring(client, keys) == ()
    with pytest.raises(StoreError, match="shape"):
        read_asked(7)
