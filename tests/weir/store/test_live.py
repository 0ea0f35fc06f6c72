"""What nodes say of the present."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.servers import RunningServer
from weir.store.budget import Allowance, Heard, Ring, budget_call, granted
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.live import (
    KEEP_MS,
    MAX_BYTES,
    Live,
    NearLimit,
    NodeLive,
    NodeTarget,
    RingNow,
    fitted,
    live_call,
    look_call,
    ring_now,
)

RING = Ring("file/u", 1000, 10)


def dumped(server: RunningServer) -> dict[bytes, bytes]:
    return {key: server.admin().dump(key) for key in server.admin().scan_iter()}


def near(number: int) -> NearLimit:
    return NearLimit(
        limit="file/l", window="sliding", most=5, per_ms=1000, hash=f"{number:032x}", used=1.0, left=0, refused=1,
        age_ms=5,
    )  # fmt: skip


def test_the_word_of_a_node_is_read_as_it_was_said_and_ends_by_itself(
    client: Client, keys: Keys, server: RunningServer
) -> None:
    live = NodeLive(time_ms=5, limits=(near(1),), targets=(NodeTarget(upstream="api/u", url="http://a"),))
    assert client.pipeline([live_call(keys, "n1", live)]) == [1]
    assert Live(client, keys).of(["n1", "n2"]) == {"n1": live}
    assert 0 < server.admin().pttl(keys.node_live("n1")) <= KEEP_MS


def test_a_word_that_a_newer_program_wrote_in_another_shape_is_left_out(
    client: Client, keys: Keys, server: RunningServer
) -> None:
    server.admin().set(keys.node_live("n1"), b"\xc1")
    assert Live(client, keys).of(["n1"]) == {}
    assert Live(client, keys).of([]) == {}


def test_a_word_is_cut_to_its_bound_and_says_how_much_was_left_out() -> None:
    live = NodeLive(time_ms=5, limits=tuple(near(number) for number in range(1000)))
    data = fitted(live)
    assert len(data) <= MAX_BYTES
    read = msgspec.msgpack.decode(data, type=NodeLive)
    assert read.limits == live.limits[: len(read.limits)]
    assert read.left_out == 1000 - len(read.limits)


def test_a_budget_can_be_looked_at_without_changing_it(
    client: Client, keys: Keys, server: RunningServer
) -> None:
    allowance = Allowance(100, 100, 20, 10)

    def call(seq: int, want: int, at: int, earned: int = 0, attempts: int = 0) -> int:
        heard = Heard(seq, earned, attempts)
        (reply,) = client.pipeline(
            [budget_call(keys, RING, "h", allowance, heard, want=want, at=at, history="x")]
        )
        return granted(reply).units

    call(1, 0, 1_000_000)
    call(2, 0, 1_012_000)
    call(3, 0, 1_012_500, earned=40_000, attempts=400)
    assert call(4, 7, 1_012_600, earned=40_000, attempts=400) == 7
    before = dumped(server)
    live = Live(client, keys)
    (reply,) = client.pipeline([look_call(keys, RING, at=1_012_700)])
    assert ring_now(reply) == RingNow(1_012_700, 7, 40_000, 400, 0, 0)
    assert dumped(server) == before
    (reply,) = client.pipeline([look_call(keys, Ring("file/u", 500, 10), at=1_012_700)])
    assert ring_now(reply).now_ms == 0
    assert live.rings([]) == {}
    assert live.rings([Ring("file/unknown", 1000, 10)])[Ring("file/unknown", 1000, 10)] == (0, 0, 0, 0, 0, 0)


def test_a_look_says_as_long_as_the_script_that_grants_when_another_window_is_in_the_way(
    client: Client, keys: Keys
) -> None:
    allowance, heard = Allowance(100, 100, 20, 10), Heard(1, 0, 0)

    def call(ring: Ring, seq: int, at: int, want: int = 1) -> tuple[int, int]:
        said = budget_call(
            keys, ring, ring.upstream, allowance, heard._replace(seq=seq), want=want, at=at, history="x"
        )
        (reply,) = client.pipeline([said])
        read = granted(reply)
        return read.units, read.again_ms if read.why == "quarantine" else 0

    short, long = Ring("file/u", 1000, 10), Ring("file/u", 60_000, 10)
    call(short, 1, 1_000_000)
    call(long, 2, 1_000_000)
    assert call(short, 3, 1_012_000)[0] == 1
    assert call(long, 4, 1_720_000)[0] == 1
    for at in (1_720_100, 1_740_000, 1_749_999, 1_750_000):
        (reply,) = client.pipeline([look_call(keys, short, at=at)])
        assert ring_now(reply).quarantine_ms == call(short, 5, at, want=0)[1] == max(0, 1_750_000 - at)


def test_a_reply_that_is_none_is_an_error_of_the_store() -> None:
    with pytest.raises(StoreError, match="another shape"):
        ring_now([1, 2])
