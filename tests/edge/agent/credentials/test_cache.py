"""What a node keeps of credentials: bounded, and forgotten by whatever name it has."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.agent.credentials.cache import ABSENT_S, Absent, Cache, Known, decode, known_of
from weir.models.auth.verifier import Verifier


def known(consumer: str = "", client: str = "", seq: int = 1) -> Known:
    return Known(b"x", seq, consumer, client)


def test_workers_get_what_was_read():
    verifier = Verifier(kind="key", id="a", secret="h", consumer="alice", tags=("gold",), client="c")
    kept = known_of(verifier, 7)
    assert decode(kept.packed) == verifier
    assert (kept.seq, kept.consumer, kept.client) == (7, "alice", "")
    assert known_of(Verifier(kind="opaque", id="t", client="c"), 1).client == "c"


def test_the_one_that_was_not_used_for_longest_goes_first():
    cache = Cache(most=3)
    assert [cache.put(name, known()) for name in ("key:a", "key:b", "key:c")] == [False] * 3
    assert cache.find("key:a", 0)
    cache.touch(["key:b", "key:unknown"])
    assert cache.put("key:d", known())
    assert cache.names() == ["key:a", "key:b", "key:d"]
    assert not cache.put("key:d", known(seq=2)), "in its own place"
    assert (len(cache), cache.kinds["key"]) == (3, 3)


def test_suspects_go_before_what_is_believed():
    cache = Cache(most=2)
    cache.put("key:a", known())
    assert cache.suspect_all() == 1
    cache.put("key:b", known())
    assert cache.put("key:c", known())
    assert (cache.suspects, cache.names()) == (0, ["key:b", "key:c"])


def test_that_there_is_none_is_believed_for_a_while_and_bounded():
    cache = Cache(most_absent=2)
    cache.put_absent("key:a", 5, 100.0)
    assert cache.find("key:a", 100.0 + ABSENT_S - 0.1) == Absent(5, 100.0 + ABSENT_S)
    assert cache.find("key:a", 100.0 + ABSENT_S) is None
    for name in ("key:b", "key:c"):
        cache.put_absent(name, 5, 100.0)
    assert cache.absent == 2
    assert cache.find("key:a", 100.0) is None


def test_there_is_one_word_on_each():
    cache = Cache()
    cache.put("key:a", known("alice"))
    cache.put_absent("key:a", 5, 0.0)
    assert (len(cache), cache.absent, cache.kinds["key"]) == (0, 1, 0)
    cache.put("key:a", known("alice"))
    assert (len(cache), cache.absent) == (1, 0)


def test_a_consumer_drops_all_that_is_its_and_a_client_its_opaque_tokens():
    cache = Cache()
    cache.put("key:a", known("alice"))
    cache.put("basic:alice", known("alice"))
    cache.put("consumer:alice", known("alice"))
    cache.put("key:b", known("bob"))
    cache.put("client:c", known())
    cache.put("opaque:t", known(client="c"))
    cache.put_absent("consumer:nobody", 1, 0.0)
    assert cache.drop(["consumer:alice", "key:unknown"]) == 3
    assert cache.drop(["client:c", "consumer:nobody"]) == 2
    assert (cache.names(), cache.absent) == (["key:b"], 0)


def test_suspects_are_not_found_but_are_there_and_can_be_dropped():
    cache = Cache()
    cache.put("key:a", known("alice"))
    cache.put("key:b", known("bob"))
    cache.put_absent("key:c", 1, 0.0)
    cache.suspect_all()
    assert (cache.find("key:a", 0.0), cache.find("key:c", 0.0)) == (None, None)
    assert cache.suspect("key:a")
    assert cache.some_suspects(1) == ["key:b"]
    assert cache.drop(["consumer:alice"]) == 1
    cache.put("key:b", known("bob", seq=9))
    assert (cache.suspects, len(cache)) == (0, 1)


def test_what_was_read_after_a_change_can_be_forgotten():
    cache = Cache()
    cache.put("key:a", known(seq=4))
    cache.put("key:b", known(seq=5))
    cache.put_absent("key:c", 4, 0.0)
    assert cache.forget_after(4) == 1
    assert (cache.names(), cache.absent) == (["key:a"], 0)
    assert cache.clear() == 1
    assert (len(cache), +cache.kinds) == (0, {})


NAMES = st.sampled_from(["key:a", "key:b", "basic:a", "opaque:t", "consumer:x", "client:c"])
STEPS = st.one_of(
    st.tuples(st.just("put"), NAMES, st.sampled_from(["", "x", "y"]), st.sampled_from(["", "c"])),
    st.tuples(st.just("absent"), NAMES),
    st.tuples(st.just("drop"), NAMES),
    st.tuples(st.just("suspect")),
    st.tuples(st.just("find"), NAMES),
)


@settings(deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_it_never_counts_wrong_nor_keeps_what_was_dropped(steps: list[tuple[str, ...]]):
    cache = Cache(most=4, most_absent=2)
    owners: dict[str, tuple[str, str]] = {}
    for step in steps:
        match step:
            case "put", name, consumer, client:
                cache.put(name, known(consumer, client))
                owners[name] = consumer, client
            case "absent", name:
                cache.put_absent(name, 1, 0.0)
            case "drop", name:
                cache.drop([name])
                kind, _, id_ = name.partition(":")
                kept = set(cache.names())
                assert name not in kept
                of = {"consumer": 0, "client": 1}.get(kind)
                assert of is None or all(owners[each][of] != id_ for each in kept)
            case ("suspect",):
                cache.suspect_all()
            case _, name:
                cache.find(name, 0.0)
        names = cache.names()
        assert len(names) == len(set(names)) == len(cache) <= 4
        assert sum(cache.kinds.values()) == len(cache)
        assert cache.absent <= 2
