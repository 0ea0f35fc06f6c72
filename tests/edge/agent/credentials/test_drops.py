"""How new a read must be."""

from __future__ import annotations

from edge.agent.credentials.drops import Drops


def test_a_read_must_have_seen_the_changes_of_all_that_it_is_about():
    drops = Drops()
    assert drops.needed(["key:a"]) == 0
    drops.note(["key:a", "consumer:x"], 5)
    drops.note(["consumer:x"], 7)
    assert drops.needed(["key:a", "consumer:"]) == 5
    assert drops.needed(["key:b", "consumer:x"]) == 7
    assert drops.needed(["key:b", "consumer:y"]) == 0


def test_beyond_the_bound_the_oldest_is_forgotten_and_then_counts_for_all():
    drops = Drops(most=2)
    for seq, name in enumerate(["key:a", "key:b", "key:c"], 1):
        drops.note([name], seq)
    assert drops.needed(["key:z"]) == 1
    assert (drops.needed(["key:a"]), drops.needed(["key:b"]), drops.needed(["key:c"])) == (1, 2, 3)
    drops.note(["key:b"], 4)
    drops.note(["key:d"], 5)
    assert (drops.needed(["key:z"]), drops.needed(["key:b"])) == (3, 4)


def test_all_may_have_changed_also_by_a_lower_number():
    drops = Drops()
    drops.note(["key:a"], 90)
    drops.note_all(7)
    assert (drops.needed(["key:a"]), drops.needed(["key:z"])) == (7, 7)
