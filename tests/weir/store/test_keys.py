"""Key names: of one cluster, in one slot where a script needs it, and nobody else's."""

from __future__ import annotations

from redis.crc import key_slot

from weir.store.keys import Keys
from weir.store.record_kinds import EVERY_KIND

CONTROL = (
    "head", "versions", "chunks", "chunk_references", "publish_ids", "feed", "nodes", "credentials_used", "revoked",
    "opaque_tokens", "signing",
)  # fmt: skip


def every_key(cluster: str) -> list[str]:
    keys = Keys(cluster)
    return [*(getattr(keys, name)() for name in CONTROL), keys.wake(), keys.node("n1")]


def test_every_key_begins_with_its_cluster() -> None:
    assert all(key.startswith("weir:prod:") for key in every_key("prod"))


def test_no_two_keys_are_one() -> None:
    both = [*every_key("a"), *every_key("b")]
    assert len(set(both)) == len(both)


def test_what_scripts_touch_together_is_in_one_slot_of_a_redis_cluster() -> None:
    keys = Keys("prod")
    together = [getattr(keys, name)() for name in CONTROL]
    for kind in EVERY_KIND:
        together += [keys.records(kind.name), keys.record_index(kind.name)]
    assert len({key_slot(key.encode()) for key in together}) == 1


def test_nodes_are_spread_over_the_slots() -> None:
    slots = {key_slot(Keys("prod").node(f"node-{number}").encode()) for number in range(8)}
    assert len(slots) > 1


def test_a_budget_is_in_one_slot_and_two_budgets_are_spread() -> None:
    keys = Keys("prod")

    def of(tag: str) -> list[str]:
        return [
            keys.budget(tag, 1000, 10),
            keys.budget_holder(tag, 1000, 10, "n1"),
            keys.budget_peaks(tag, 1000, 10),
            keys.budget_windows(tag),
        ]

    assert len({key_slot(key.encode()) for key in of("a1")}) == 1
    assert len({*of("a1"), *of("a2"), keys.budget("a1", 2000, 10)}) == 9
    assert key_slot(of("a1")[0].encode()) != key_slot(of("a2")[0].encode())
