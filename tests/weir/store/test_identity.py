from __future__ import annotations

import pytest

from weir.store.identity import READER, Follow, Held, Replace, Stay, decide
from weir.store.versions import Head

HELD = Held("one", 7, "aa")


def head(incarnation: str = "one", number: int = 7, digest: str = "aa", min_reader: int = 1) -> Head:
    owners = {"file": number, "api": 0, "k8s": 0}
    return Head(
        incarnation=incarnation,
        number=number,
        seq=number,
        min_reader=min_reader,
        digest=digest,
        owners=owners,
    )


@pytest.mark.parametrize(
    ("held", "store", "decision"),
    [
        # A new node takes what there is.
        (None, None, Stay("store_empty")),
        (None, head(), Follow(7)),
        (None, head(number=1), Follow(1)),
        # Forward within the same incarnation, and nowhere else.
        (HELD, head(), Stay("current")),
        (HELD, head(number=8, digest="bb"), Follow(8)),
        (HELD, head(number=100, digest="bb"), Follow(100)),
        (HELD, head(number=6, digest="bb"), Stay("store_behind")),
        (HELD, head(number=6, digest="aa"), Stay("store_behind")),
        (HELD, None, Stay("store_empty")),
        (HELD, head("two", 1, "bb"), Stay("store_foreign")),
        (HELD, head("two", 7, "aa"), Stay("store_foreign")),
        (HELD, head("two", 100, "bb"), Stay("store_foreign")),
        # The same number with other bytes: the store wins.
        (HELD, head(digest="bb"), Replace(7)),
        # What cannot be read is not taken, by whichever way it would come.
        (None, head(min_reader=READER + 1), Stay("reader_too_old")),
        (HELD, head(number=8, digest="bb", min_reader=READER + 1), Stay("reader_too_old")),
        (HELD, head(digest="bb", min_reader=READER + 1), Stay("reader_too_old")),
        (None, head(min_reader=READER), Follow(7)),
        # A store that must not be followed is reported as that, even if it could not be read either.
        (HELD, head("two", 8, "bb", READER + 1), Stay("store_foreign")),
        (HELD, head(number=6, digest="bb", min_reader=READER + 1), Stay("store_behind")),
        (HELD, head(min_reader=READER + 1), Stay("current")),
    ],
)
def test_a_node_leaves_its_version_only_as_identity_allows(
    held: Held | None, store: Head | None, decision: Follow | Replace | Stay
) -> None:
    assert decide(held, store) == decision


def test_a_newer_reader_takes_what_an_older_one_refuses() -> None:
    assert decide(HELD, head(number=8, digest="bb", min_reader=2), reader=2) == Follow(8)
