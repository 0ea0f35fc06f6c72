"""Frames: what is sent arrives, and whatever is no frame is refused at its bound."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import msgpack
import pytest

from edge.link import frames


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    for end in (left, right):
        end.settimeout(10)
    with left, right:
        yield left, right


def test_frames_arrive_in_order_and_whole(pair):
    left, right = pair
    frames.send(left, {"kind": "hello", "pid": 7, "worker": 1})
    frames.send(left, {"kind": "applied", "number": 3, "incarnation": "a", "took_ms": 1.5})
    assert frames.read(right) == {"kind": "hello", "pid": 7, "worker": 1}
    assert frames.read(right) == {"kind": "applied", "number": 3, "incarnation": "a", "took_ms": 1.5}


def test_a_frame_may_arrive_byte_by_byte(pair):
    left, right = pair
    for byte in frames.pack({"kind": "hello"}):
        left.send(bytes([byte]))
    assert frames.read(right) == {"kind": "hello"}


def test_a_close_between_frames_is_the_end(pair):
    left, right = pair
    frames.send(left, {"kind": "hello"})
    left.close()
    assert frames.read(right) == {"kind": "hello"}
    assert frames.read(right) is None


@pytest.mark.parametrize("kept", [1, 3, 4, 6])
def test_a_close_inside_a_frame_is_an_error(pair, kept):
    left, right = pair
    left.sendall(frames.pack({"kind": "hello"})[:kept])
    left.close()
    with pytest.raises(frames.FrameError, match="inside a frame"):
        frames.read(right)


def of_size(size: int) -> dict[str, object]:
    """A message whose frame body is exactly ``size`` bytes."""
    overhead = len(msgpack.packb({"kind": "x", "fill": b"a" * 70_000})) - 70_000
    return {"kind": "x", "fill": b"a" * (size - overhead)}


def test_a_frame_of_the_largest_size_passes_and_one_byte_more_is_not_sent(pair):
    left, right = pair
    largest = of_size(frames.MAX_FRAME)
    sender = threading.Thread(target=frames.send, args=(left, largest))
    sender.start()
    assert frames.read(right) == largest
    sender.join()
    with pytest.raises(frames.FrameError, match="over the bound"):
        frames.pack(of_size(frames.MAX_FRAME + 1))


@pytest.mark.parametrize("length", [0, frames.MAX_FRAME + 1, 0xFFFFFFFF])
def test_a_length_outside_the_bound_is_refused_before_anything_is_read(pair, length):
    left, right = pair
    left.sendall(struct.pack(">I", length))
    with pytest.raises(frames.FrameError, match="bound"):
        frames.read(right)


@pytest.mark.parametrize(
    "body",
    [
        b"\xc1",
        msgpack.packb([1, 2]),
        msgpack.packb({"pid": 1}),
        msgpack.packb({"kind": 1}),
        msgpack.packb({1: "kind"}),
        msgpack.packb({"kind": "x"}) + b"\x00",
        msgpack.packb({"kind": "x", "t": msgpack.ExtType(4, b"a")}),
        b"\x82\xa4kind\xa1x\xa1l\xdd\xff\xff\xff\xff",
        b"\x91" * 5000,
    ],
)
def test_what_is_no_map_with_a_kind_is_refused(body):
    with pytest.raises(frames.FrameError):
        frames.unpack(body)


def test_a_list_of_the_most_items_passes_and_one_more_is_refused():
    assert frames.unpack(msgpack.packb({"kind": "x", "list": [0] * frames.MAX_ITEMS}))["kind"] == "x"
    with pytest.raises(frames.FrameError):
        frames.unpack(msgpack.packb({"kind": "x", "list": [0] * (frames.MAX_ITEMS + 1)}))
