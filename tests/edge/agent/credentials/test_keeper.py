"""What the node's agent answers about credentials, whatever happens to the store meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from edge.agent.credentials.cache import ABSENT_S, Known
from edge.agent.credentials.keeper import FRESH_EVERY_S, LONGEST_S, MAX_DROP_NAMES, MAX_TRIES
from edge.agent.credentials.position import Position
from edge.versions.files import Identity
from tests.support.credential_world import named, rows_of
from tests.support.keeper_rig import KeeperRig
from weir.store.errors import StoreAway, StoreError
from weir.store.feed import Change, Changes
from weir.store.verifiers import Named


@pytest.fixture
def rig() -> KeeperRig:
    return KeeperRig()


def test_a_credential_is_read_once(rig: KeeperRig) -> None:
    assert [rig.ask() for _ in range(3)] == [0, 0, 0]
    assert rig.reads.number == 1
    assert (rig.counted("answers", source="store"), rig.counted("answers", source="memory")) == (1, 2)


def test_that_there_is_none_is_read_again_after_a_while(rig: KeeperRig) -> None:
    assert [rig.ask("key:none"), rig.ask("key:none")] == ["absent", "absent"]
    assert rig.reads.number == 1
    rig.now += ABSENT_S
    rig.world.states[-1]["key:none"] = 5
    assert rig.ask("key:none") == 5


def test_a_change_is_told_to_the_workers_and_the_disk_and_read_anew(rig: KeeperRig) -> None:
    rig.ask()
    rig.world.change("key:a")
    rig.look()
    assert rig.worker.words[-1] == {"drop": ["key:a"], "all": False, "seq": 1}
    assert rig.disk.heard[-1] == ("key:a",)
    assert rig.worker.kept == {}
    assert rig.ask() == 1


def test_a_new_credential_drops_word_that_there_is_none(rig: KeeperRig) -> None:
    assert rig.ask("key:new") == "absent"
    rig.world.change("key:new")
    rig.look()
    assert rig.ask("key:new") == 1


def test_a_consumer_concerns_all_that_is_its_and_a_client_its_opaque_tokens(rig: KeeperRig) -> None:
    for name in ("key:a", "key:b", "key:c", "opaque:t"):
        rig.ask(name)
    rig.world.change("consumer:x", gone=True)
    rig.world.change("client:c")
    rig.look()
    assert rig.worker.words[-1]["drop"] == ["consumer:x", "client:c", "opaque:t"], (
        "workers know their consumers"
    )
    assert [rig.ask(name) for name in ("key:a", "key:b", "key:c", "opaque:t")] == ["absent", "absent", 0, 2]


def test_what_is_dropped_while_it_is_read_is_read_again(rig: KeeperRig) -> None:
    def revoked() -> None:
        rig.world.change("key:a", gone=True)
        rig.look()

    assert rig.ask(meanwhile=[revoked]) == "absent"
    assert rig.reads.number == 2
    assert rig.counted("reads_again") == 1


def test_a_change_of_its_consumer_while_it_is_read_counts_too(rig: KeeperRig) -> None:
    def changed() -> None:
        rig.world.change("consumer:x")
        rig.look()

    assert rig.ask(meanwhile=[changed]) == 1


def test_changes_of_others_while_it_is_read_cost_nothing(rig: KeeperRig) -> None:
    def changed() -> None:
        rig.world.change("key:c")
        rig.look()

    assert rig.ask(meanwhile=[changed]) == 0
    assert rig.reads.number == 1


def test_what_changes_all_the_time_is_not_known(rig: KeeperRig) -> None:
    def changed() -> None:
        rig.world.change("key:a")
        rig.look()
        rig.reads.meanwhile = [changed]

    assert rig.ask(meanwhile=[changed]) is None
    assert rig.reads.number == MAX_TRIES


def test_without_store_what_is_known_is_answered_and_nothing_else(rig: KeeperRig) -> None:
    rig.ask()
    rig.away()
    assert (rig.ask(), rig.ask("key:b"), rig.ask("key:none")) == (0, None, None)
    assert rig.counted("answers", source="unknown") == 2
    rig.now += LONGEST_S + 1
    assert rig.ask() is None, "a week is the most"
    rig.back()
    assert rig.ask() == 0


def test_a_store_that_does_not_answer_this_time_is_no_answer(rig: KeeperRig) -> None:
    rig.world.is_up = False
    assert rig.ask() is None
    rig.world.is_up = True
    assert rig.ask() == 0


def test_workers_hear_when_everything_was_confirmed_last_but_not_all_the_time(rig: KeeperRig) -> None:
    assert rig.worker.fresh_at == [1000.0]
    for _ in range(4):
        rig.now += FRESH_EVERY_S / 2
        rig.look()
    assert rig.worker.fresh_at == [1000.0, 1001.0, 1002.0]
    rig.away()
    rig.now += 60
    rig.look()
    assert rig.worker.fresh_at[-1] == 1002.0


def test_a_backlog_of_changes_confirms_nothing(rig: KeeperRig) -> None:
    entries = tuple(Change(number, "credential", f"key:{number}") for number in range(1, 501))
    rig.now += 60
    rig.keeper.followed(Changes(entries, 500, False, "one"), rig.now)
    assert rig.worker.fresh_at == [1000.0]
    assert [len(word["drop"]) for word in rig.worker.words if word["drop"]] == [MAX_DROP_NAMES]


def test_a_gap_makes_workers_forget_and_everything_is_read_anew(rig: KeeperRig) -> None:
    rig.ask("key:a")
    rig.ask("key:b")
    for _ in range(rig.world.feed_length + 1):
        rig.world.change("key:b", gone=True)
    rig.now += 60
    rig.look()
    assert rig.worker.words[-1] == {"drop": [], "all": True, "seq": 5}
    assert rig.worker.kept == {}
    assert rig.disk.heard[-1] == "distrusted"
    assert rig.looks[-1].meaning == "gap"
    assert rig.worker.fresh_at == [1000.0], "not before it was read anew"
    assert (rig.ask("key:a"), rig.ask("key:b")) == (0, "absent")
    rig.look()
    assert rig.worker.fresh_at == [1000.0, 1060.0]


def test_a_store_that_goes_away_after_a_gap_leaves_what_was_known_until_it_is_read_anew(
    rig: KeeperRig,
) -> None:
    rig.ask()
    rig.ask("key:b")
    rig.keeper.distrust()
    rig.world.change("consumer:x")
    rig.away()
    assert (rig.ask(), rig.ask("key:c")) == (0, None)
    assert rig.counted("answers", source="suspect") == 1
    assert rig.worker.kept["key:a"][0] == 0
    rig.world.is_up, rig.facts.store = True, "up"
    assert rig.keeper.renew("key:a")
    assert rig.worker.kept == {}, "it was another one"
    assert rig.disk.heard[-1] == ("key:a",)
    assert rig.ask() == 1


def test_what_was_dropped_by_name_is_no_suspect_any_more(rig: KeeperRig) -> None:
    rig.ask()
    rig.keeper.distrust()
    rig.world.change("key:a", gone=True)
    rig.look()
    rig.away()
    assert rig.ask() is None


def test_a_suspect_that_cannot_be_read_for_good_is_forgotten(
    rig: KeeperRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ask()
    rig.keeper.distrust()

    def refused(_: Named) -> Any:
        raise StoreError("a record that cannot be read")

    monkeypatch.setattr(rig.reads, "read", refused)
    assert rig.keeper.renew("key:a")
    assert (rig.keeper.cache.suspects, rig.worker.words[-1]["drop"]) == (0, ["key:a"])
    rig.keeper.cache.put("key:a", Known(b"", 1))
    rig.keeper.distrust()

    def gone(_: Named) -> Any:
        raise StoreAway("gone", sent=False)

    monkeypatch.setattr(rig.reads, "read", gone)
    with pytest.raises(StoreAway):
        rig.keeper.renew("key:a")
    assert rig.keeper.cache.suspects == 1


def test_a_store_that_the_node_does_not_follow_is_as_if_it_were_away(rig: KeeperRig) -> None:
    rig.ask()
    rig.look()
    rig.world.change("key:c")
    rig.ask("key:c")
    rig.world.incarnation = "two"
    rig.world.states[-1] = {}
    rig.now += 60
    rig.look()
    assert (rig.ask(), rig.ask("key:b")) == (0, None)
    assert rig.ask("key:c") is None, "it may have been read in the other one"
    assert rig.worker.fresh_at == [1000.0]
    rig.facts.held = Identity("two", 1, "h")
    rig.look()
    assert (rig.ask(), rig.disk.heard[-1], rig.worker.words[-1]["all"]) == ("absent", "forgotten", True)
    assert rig.looks[-1].meaning == "other"


def test_a_store_that_went_back_is_not_believed_before_the_feed_was_seen(rig: KeeperRig) -> None:
    rig.world.change("key:a")
    rig.look()
    rig.world.lose(1)
    assert rig.ask() is None
    rig.look()
    assert rig.ask() == 0


def test_nothing_is_read_before_the_first_look_at_the_feed() -> None:
    rig = KeeperRig(looked=False)
    assert rig.ask() is None
    assert (rig.reads.number, rig.keeper.greeting()) == (0, [])
    rig.look()
    assert rig.ask() == 0
    assert rig.keeper.greeting() == [("credentials", "", {"drop": [], "all": True, "seq": 0})]


def test_what_an_earlier_life_left_is_good_from_where_it_stood() -> None:
    before = KeeperRig()
    for name in ("key:a", "key:b"):
        before.ask(name)
    rows = rows_of(before.keeper.cache)
    before.world.change("key:b", gone=True)
    after = KeeperRig(before.world, looked=False)
    after.away()
    after.keeper.load(Position("one", 0), rows, 900.0)
    assert after.worker.fresh_at == [900.0]
    assert (after.ask("key:a"), after.ask("key:b"), after.ask("key:c")) == (0, 0, None)
    after.now += FRESH_EVERY_S
    after.back()
    assert after.worker.words == [
        {"drop": ["key:b"], "all": False, "seq": 1},
        {"drop": [], "all": True, "seq": 1},
    ], "workers may have missed what the earlier life told last"
    assert named(rows_of(after.keeper.cache)) == {"key:a": 0}
    assert (after.ask("key:b"), after.worker.fresh_at[-1]) == ("absent", 1001.0)


def test_what_an_earlier_life_left_in_doubt_is_read_anew() -> None:
    before = KeeperRig()
    before.ask()
    after = KeeperRig(before.world, looked=False)
    after.keeper.load(Position("one", -1), rows_of(before.keeper.cache), 900.0)
    after.look()
    assert (after.keeper.cache.suspects, after.keeper.is_sure) == (1, False)
    assert after.worker.fresh_at == [900.0]
    assert after.keeper.renew("key:a")
    after.now += FRESH_EVERY_S
    after.look()
    assert after.keeper.is_sure
    assert after.worker.fresh_at == [900.0, 1001.0]


@pytest.mark.parametrize(
    "body",
    [
        None,
        7,
        {},
        {"kind": "key"},
        {"kind": [], "id": "a"},
        {"kind": "user", "id": "a"},
        {"kind": "key", "id": 7},
    ]
    + [{"kind": "key", "id": id_} for id_ in ("", "x" * 513)],
)
def test_what_is_no_question_is_not_answered(rig: KeeperRig, body: Any) -> None:
    assert rig.keeper.answer(1, body) is None
    assert rig.counted("answers", source="odd") == 1
    rig.keeper.gone(1)
