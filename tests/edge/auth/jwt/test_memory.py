"""A bounded memory."""

from __future__ import annotations

from edge.auth.jwt.memory import Memory


def test_the_least_recently_used_goes_first() -> None:
    memory: Memory[int] = Memory(3)
    for number in range(3):
        memory.put(bytes([number]), number)
    assert memory.get(b"\x00") == 0
    memory.put(b"\x03", 3)
    assert memory.get(b"\x01") is None
    assert [memory.get(bytes([number])) for number in (0, 2, 3)] == [0, 2, 3]
    assert len(memory) == 3


def test_putting_again_and_dropping_keep_the_count() -> None:
    memory: Memory[int] = Memory(2)
    memory.put(b"a", 1)
    memory.put(b"a", 2)
    memory.put(b"b", 3)
    assert (memory.get(b"a"), len(memory)) == (2, 2)
    memory.drop(b"a")
    memory.drop(b"a")
    assert (memory.get(b"a"), len(memory)) == (None, 1)
