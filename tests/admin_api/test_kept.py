"""Writing records while others do; what a precondition is for is tested with each resource."""

from __future__ import annotations

import msgspec
import pytest

from admin_api.kept import MAX_TRIES, MOST_LOOKED_AT, What, change, page, refusal
from admin_api.problems import Refusal
from weir.api.operation import Page
from weir.models.auth.records import Consumer
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.record_kinds import CONSUMERS
from weir.store.records import Kept, Records, Replaced

WHAT = What("consumer", "consumer")


class Contended(Records[Consumer]):
    """Somebody else changes the record just before each of the first replaces."""

    def __init__(self, client: Client, times: int) -> None:
        super().__init__(client, Keys("test"), CONSUMERS)
        self._times = times

    def replace(self, record: Consumer, etag: str) -> Replaced:
        if self._times:
            self._times -= 1
            kept = self.get(record.name)
            assert kept is not None
            other = msgspec.structs.replace(kept.record, tags=(*kept.record.tags, f"t{self._times}"))
            assert super().replace(other, kept.etag) == "replaced"
        return super().replace(record, etag)


def disabled(consumer: Consumer) -> Consumer:
    return msgspec.structs.replace(consumer, disabled=True)


def made(client: Client, times: int) -> Contended:
    records = Contended(client, times)
    assert records.create(Consumer(name="alice", created_ms=1)) == "created"
    return records


def test_a_step_is_made_on_whatever_others_left(client: Client) -> None:
    records = made(client, MAX_TRIES - 1)
    kept = change(records, "alice", WHAT, disabled)
    assert kept.record.disabled
    assert len(kept.record.tags) == MAX_TRIES - 1


def test_a_step_gives_up_after_some_tries_and_changes_nothing(client: Client) -> None:
    records = made(client, MAX_TRIES)
    with pytest.raises(Refusal) as refused:
        change(records, "alice", WHAT, disabled)
    assert (refused.value.status, refused.value.code) == (503, "busy")
    kept = records.get("alice")
    assert kept is not None
    assert not kept.record.disabled


class Many(Records[Consumer]):
    """More than one page looks at."""

    def __init__(self) -> None:
        self.asked = 0

    def page(self, owner: str = "", after: str = "", limit: int = 100) -> tuple[list[Kept[Consumer]], str]:
        self.asked += 1
        start = int(after or 0)
        names = [f"{number:06}" for number in range(start + 1, start + 1 + limit)]
        return [Kept(Consumer(name=name, created_ms=1), "t") for name in names], names[-1]


def test_a_filter_looks_at_so_many_records_and_says_where_to_go_on() -> None:
    records = Many()
    found, following = page(records, Page(limit=5), lambda each: each.name, fits=lambda _: False)
    assert (found, following) == ([], f"{MOST_LOOKED_AT:06}")
    assert records.asked == 10


def test_a_full_page_goes_on_behind_its_last_one() -> None:
    found, following = page(
        Many(), Page(limit=2), lambda each: each.name, fits=lambda each: each.name.endswith("7")
    )
    assert [each.record.name for each in found] == ["000007", "000017"]
    assert following == "000017"


@pytest.mark.parametrize(
    ("word", "status"), [("exists", 409), ("full", 409), ("orphan", 404), ("stale", 412), ("missing", 404)]
)
def test_every_word_of_the_store_is_a_refusal(word: str, status: int) -> None:
    assert refusal(word, "alice", WHAT).status == status
