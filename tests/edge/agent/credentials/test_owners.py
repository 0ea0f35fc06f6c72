"""Whose is what."""

from __future__ import annotations

from edge.agent.credentials.owners import Owners


def test_one_name_or_several_and_none_left_over():
    owners = Owners()
    owners.add("alice", "key:a")
    owners.add("alice", "key:a")
    owners.add("bob", "key:c")
    assert owners.of("alice") == ("key:a",)
    owners.add("alice", "key:b")
    assert sorted(owners.of("alice")) == ["key:a", "key:b"]
    owners.remove("alice", "key:a")
    owners.remove("alice", "key:unknown")
    assert owners.of("alice") == ("key:b",)
    owners.remove("alice", "key:b")
    owners.remove("bob", "key:c")
    assert (owners.of("alice"), len(owners)) == ((), 0)


def test_what_is_nobody_s_is_kept_nowhere():
    owners = Owners()
    owners.add("", "client:a")
    owners.remove("", "client:a")
    assert (owners.of(""), len(owners)) == ((), 0)
