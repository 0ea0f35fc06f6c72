"""Evidence and ejection in a real store; time is injected where it decides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.health import (
    MAX_ENTRIES,
    MAX_GONE,
    Evidence,
    HealthCalls,
    Member,
    Result,
    View,
    read_lease,
    read_view,
)
from weir.store.keys import Keys
from weir.store.script_calls import script_call

NOW = 1_700_000_000_000
ONE = Member("file/orders", "http://10.0.0.1:80")
HEALTHY = Result(True, 0, "passed", "", "n1")


class Cluster:
    """Nodes that report."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self.client, self.keys = client, keys

    def live(self, *nodes: str, now: int = NOW) -> None:
        for node in nodes:
            self.client.call("ZADD", self.keys.health_nodes(), now, node)

    def report(
        self, node: str, *evidence: Evidence, now: int = NOW, since: int = 0, gone: Collection[Member] = ()
    ) -> View:
        calls = HealthCalls(self.keys, node)
        report = calls.report(evidence, str(now), gone=gone)
        _, reply = self.client.pipeline([report, calls.view(since, str(now))])
        return read_view(reply, since)


@pytest.fixture
def cluster(client: Client, keys: Keys) -> Cluster:
    return Cluster(client, keys)


def saw(good: int, bad: int, member: Member = ONE, *, targets: int = 3, row: int | None = None) -> Evidence:
    return Evidence(member, targets, 10.0, 5, 30_000, good, bad, bad if row is None else row)


def test_a_node_with_nothing_to_say_hears_that_all_is_well(cluster: Cluster) -> None:
    assert cluster.report("n1") == View(frozenset(), {}, (), 0)


def test_the_only_node_is_believed(cluster: Cluster) -> None:
    cluster.live("n1")
    assert cluster.report("n1", saw(0, 20)).ejected == {ONE: 30_000}


def test_of_two_nodes_one_is_not_enough(cluster: Cluster) -> None:
    cluster.live("n1", "n2")
    assert cluster.report("n1", saw(0, 500)).ejected == {}
    assert cluster.report("n2", saw(0, 1)).ejected == {ONE: 30_000}
    assert cluster.report("n1").ejected == {ONE: 30_000}


def test_what_one_node_suspects_all_are_told_to_watch(cluster: Cluster) -> None:
    cluster.live("n1", "n2")
    cluster.report("n1", saw(3, 1))
    assert cluster.report("n2").suspects == {ONE}
    assert cluster.report("n2", now=NOW + 10_001).suspects == set()


@pytest.mark.parametrize(
    ("good", "bad", "row", "ejected"),
    [(1, 18, 18, False), (1, 19, 19, True), (10, 10, 0, True), (11, 10, 4, False), (11, 10, 5, True)],
)
def test_twenty_requests_and_half_of_them_or_five_in_a_row(
    cluster: Cluster, good: int, bad: int, row: int, ejected: bool
) -> None:
    cluster.live("n1")
    assert bool(cluster.report("n1", saw(good, bad, row=row)).ejected) is ejected


@pytest.mark.parametrize(
    ("first", "second", "ejected"),
    [
        ((0, 5), (0, 5), True),
        ((0, 5), (0, 4), False),
        ((0, 9), (0, 4), False),
        ((1, 5), (0, 5), False),
        ((0, 5), (1, 5), False),
    ],
)
def test_without_a_good_answer_a_whole_row_at_two_nodes_is_enough(
    cluster: Cluster, first: tuple[int, int], second: tuple[int, int], ejected: bool
) -> None:
    cluster.live("n1", "n2", "n3")
    assert cluster.report("n1", saw(*first)).ejected == {}
    assert bool(cluster.report("n2", saw(*second), now=NOW + 4000).ejected) is ejected


@pytest.mark.parametrize(("bad", "ejected"), [(9, False), (10, True)])
def test_at_the_only_node_two_rows_are_enough(cluster: Cluster, bad: int, ejected: bool) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 5))
    assert bool(cluster.report("n1", saw(0, bad - 5), now=NOW + 1000).ejected) is ejected


def test_two_of_four_workers_spare_the_others(cluster: Cluster) -> None:
    """Each stops after five failures: whether they are on one node or on two, the second one's are proof."""
    cluster.live("n1", "n2")
    cluster.report("n1", saw(0, 5))
    assert cluster.report("n2", saw(0, 5), now=NOW + 2000).ejected == {ONE: 30_000}


def test_a_node_that_nobody_knows_yet_is_not_the_only_one(cluster: Cluster) -> None:
    assert cluster.report("n1", saw(0, 500)).ejected == {}
    assert cluster.report("n1", saw(0, 1), now=NOW + 1000).ejected == {ONE: 30_000}


def test_a_node_that_begins_beside_another_is_not_the_only_one(cluster: Cluster) -> None:
    cluster.live("n1")
    assert cluster.report("n2", saw(0, 500)).ejected == {}
    assert cluster.report("n2", saw(0, 1), now=NOW + 1000).ejected == {}


@pytest.mark.parametrize("order", [("n1", "n2"), ("n2", "n1")])
def test_a_row_at_one_node_is_none_while_another_has_good_answers(
    cluster: Cluster, order: tuple[str, str]
) -> None:
    cluster.live("n1", "n2")
    said = {"n1": saw(2000, 1, row=0), "n2": saw(0, 5)}
    cluster.report("n1", said["n1"])
    for second in range(1, 9):
        for node in order:
            assert cluster.report(node, said[node], now=NOW + 1000 * second).ejected == {}


def test_a_row_at_every_node_that_had_good_answers_is_one(cluster: Cluster) -> None:
    cluster.live("n1", "n2")
    cluster.report("n1", saw(2000, 1, row=0))
    cluster.report("n2", saw(2000, 5))
    assert cluster.report("n1", saw(0, 4), now=NOW + 1000).ejected == {}
    assert cluster.report("n1", saw(0, 1), now=NOW + 2000).ejected == {ONE: 30_000}


def test_an_only_target_is_never_ejected(cluster: Cluster) -> None:
    """Another one of weight 0 does not count."""
    cluster.live("n1")
    assert cluster.report("n1", saw(0, 500, targets=1)).ejected == {}
    assert cluster.report("n1", saw(0, 1, targets=2)).ejected == {ONE: 30_000}


def test_rows_of_several_reports_add_up_until_a_good_answer(cluster: Cluster) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(40, 1, row=1))
    cluster.report("n1", saw(0, 3), now=NOW + 1000)
    assert cluster.report("n1", saw(0, 1), now=NOW + 2000).ejected == {ONE: 30_000}


def test_good_answers_of_a_node_that_saw_no_failure_count_against_ejection(cluster: Cluster) -> None:
    cluster.live("n1", "n2", "n3")
    cluster.report("n1", saw(0, 2))
    cluster.report("n3", saw(100, 0))
    assert cluster.report("n2", saw(4, 20, row=1), now=NOW + 1000).ejected == {}


def test_good_answers_of_nobodys_suspect_leave_no_trace(cluster: Cluster, client: Client, keys: Keys) -> None:
    assert cluster.report("n1", saw(100, 0)).suspects == set()
    assert client.call("EXISTS", keys.health_evidence()) == 0


def test_evidence_older_than_ten_seconds_is_none(cluster: Cluster) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(1, 18))
    assert cluster.report("n1", saw(1, 4, row=0), now=NOW + 10_000).ejected == {}


def test_evidence_of_the_tenth_second_still_counts(cluster: Cluster) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(1, 18))
    assert cluster.report("n1", saw(0, 1), now=NOW + 9_999).ejected == {ONE: 30_000}


def test_an_ejection_ends_by_itself_and_the_next_one_is_longer(cluster: Cluster) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 20))
    assert cluster.report("n1", now=NOW + 29_999).ejected == {ONE: 1}
    cluster.live("n1", now=NOW + 30_000)
    assert cluster.report("n1", now=NOW + 30_000).ejected == {}
    assert cluster.report("n1", saw(0, 20), now=NOW + 30_001).ejected == {ONE: 60_000}


def test_after_a_good_while_the_count_begins_anew(cluster: Cluster) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 20))
    cluster.report("n1", now=NOW + 60_000)
    assert cluster.report("n1", saw(0, 20), now=NOW + 60_001).ejected == {ONE: 30_000}


@pytest.mark.parametrize(("targets", "most"), [(2, 1), (3, 1), (20, 2)])
def test_no_more_targets_are_ejected_than_allowed(cluster: Cluster, targets: int, most: int) -> None:
    cluster.live("n1")
    members = [Member("file/orders", f"http://10.0.0.{place}:80") for place in range(targets)]
    view = cluster.report("n1", *(saw(0, 50, member, targets=targets) for member in members))
    assert len(view.ejected) == most
    other = Member("file/stock", "http://10.0.1.1:80")
    assert len(cluster.report("n1", saw(0, 50, other)).ejected) == most + 1


def test_who_was_taken_out_of_its_upstream_does_not_count_among_the_ejected(cluster: Cluster) -> None:
    cluster.live("n1")
    gone, other = (Member("file/orders", f"http://10.0.0.{place}:80") for place in (7, 8))
    cluster.report("n1", saw(0, 20, gone))
    assert cluster.report("n1", saw(0, 20)).ejected == {gone: 30_000}
    assert cluster.report("n1", saw(0, 20), gone=[other]).ejected == {gone: 30_000}
    assert cluster.report("n1", saw(0, 20), gone=[gone]).ejected == {gone: 30_000, ONE: 30_000}
    assert len(cluster.report("n1", saw(0, 20, other), gone=[gone]).ejected) == 2


def test_one_report_looks_at_what_four_hundred_nodes_said_and_leaves_the_others_for_later(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    cluster.live("n1", "n2", *(f"quiet{number}" for number in range(98)))
    said = [saw(0, 5, Member(f"file/u{number}", "http://x")) for number in range(6)]
    cluster.report("n1", *said)
    assert len(cluster.report("n2", *said).ejected) == 4
    assert len(cluster.report("n1", *said, now=NOW + 1000).ejected) == 6


def test_a_short_ejection_does_not_end_the_memory_of_a_long_one(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 20)._replace(for_ms=3_600_000))
    cluster.report("n1", saw(0, 20, Member("file/other", "http://x"))._replace(for_ms=1000))
    assert client.call("PTTL", keys.health_ejected()) > 3_600_000


def test_evidence_of_nodes_that_are_gone_goes_too_while_its_target_is_a_suspect(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    for at in range(20):
        cluster.report(f"pod{at}", saw(5, 1), now=NOW + 5000 * at)
        cluster.report("stays", saw(5, 1), now=NOW + 5000 * at)
        cluster.report("stays", now=NOW + 5000 * at)
    known = client.call("ZCARD", keys.health_nodes())
    assert known == 7
    assert client.call("HLEN", keys.health_evidence()) == known


def test_a_look_removes_so_much_and_leaves_the_others_for_later(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    cluster.live(*(f"n{number}" for number in range(500)))
    said = [saw(5, 1, Member(f"file/u{number}", "http://x")) for number in range(10)]
    assert len(cluster.report("n1", *said).suspects) == 10
    left = [len(cluster.report("n1", now=NOW + 10_000).suspects) for _ in range(3)]
    assert left == [6, 2, 0]
    assert client.call("HLEN", keys.health_evidence()) == 0
    nodes = [cluster.report("n1", now=NOW + 30_000).nodes for _ in range(2)]
    assert nodes == [1, 1]


def test_dead_nodes_go_a_few_at_a_time_beside_many_suspects(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    cluster.live(*(f"dead{number}" for number in range(5)))
    known = [one for place in range(1000) for one in (NOW + 30_000, f"file/u http://{place}")]
    client.call("ZADD", keys.health_suspects(), *known)
    assert [cluster.report("n1", now=NOW + 30_000).nodes for _ in range(3)] == [4, 2, 1]


def test_there_is_a_bound_of_suspects(cluster: Cluster, client: Client, keys: Keys) -> None:
    cluster.live("n1")
    known = [
        argument for place in range(999) for argument in (NOW, Member("file/u", f"http://{place}").text())
    ]
    client.call("ZADD", keys.health_suspects(), *known)
    last, more = (Member("file/orders", f"http://10.0.0.{place}:80") for place in (1, 2))
    cluster.report("n1", saw(1, 2, last), saw(1, 2, more))
    assert (len(cluster.report("n1").suspects), last in cluster.report("n1").suspects) == (1000, True)
    assert cluster.report("n1", saw(0, 50, more)).ejected == {}
    assert cluster.report("n1", saw(0, 50, last)).ejected == {last: 30_000}


def test_an_ejection_lasts_five_minutes_at_most_unless_more_was_asked_for(cluster: Cluster) -> None:
    now = NOW
    lengths = []
    for _ in range(12):
        cluster.report("n1", now=now)
        (left,) = cluster.report("n1", saw(0, 20), now=now).ejected.values()
        lengths.append(left)
        now += left
    assert lengths == [*range(30_000, 300_001, 30_000), 300_000, 300_000]
    cluster.report("n1", now=now)
    long = saw(0, 20, Member("file/x", "http://x"))._replace(for_ms=900_000)
    assert 900_000 in cluster.report("n1", long, now=now).ejected.values()


def test_every_key_expires(cluster: Cluster, client: Client, keys: Keys) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 20), saw(0, 3, Member("file/x", "http://x")))
    client.pipeline([HealthCalls(keys, "n1").result("c", HEALTHY, 1500)])
    names = [keys.health_suspects(), keys.health_evidence(), keys.health_ejected()]
    names += [keys.health_nodes(), keys.health_checked(), keys.health_results(), keys.health_lease("c")]
    assert all(0 < client.call("PTTL", name) <= 960_000 for name in names)


def test_a_report_is_bounded(keys: Keys) -> None:
    calls = HealthCalls(keys, "n1")
    assert calls.report([saw(0, 1)] * MAX_ENTRIES)
    assert calls.report([], gone=[ONE] * MAX_GONE)
    for evidence, gone in (([saw(0, 1)] * (MAX_ENTRIES + 1), []), ([], [ONE] * (MAX_GONE + 1))):
        with pytest.raises(ValueError, match="at most 50 and 500"):
            calls.report(evidence, gone=gone)


HOUR = 3_600_000


def test_a_clock_that_is_set_back_makes_an_ejection_no_longer_than_it_was(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 20))
    look = script_call("health_look", ejected=keys.health_ejected(), now_ms=str(NOW - HOUR))
    assert client.pipeline([look]) == [[ONE.text().encode(), 30_000]]
    assert cluster.report("n2", now=NOW - HOUR).ejected == {ONE: 30_000}
    assert cluster.report("n2", now=NOW - HOUR + 29_000).ejected == {ONE: 1000}
    assert cluster.report("n2", now=NOW - HOUR + 30_000).ejected == {}


def test_an_ejection_that_is_over_does_not_come_back_with_the_clock(
    cluster: Cluster, client: Client, keys: Keys
) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(0, 20))
    assert cluster.report("n1", now=NOW + 30_500).ejected == {}
    look = script_call("health_look", ejected=keys.health_ejected(), now_ms=str(NOW + 10_000))
    assert client.pipeline([look]) == [[]]
    assert cluster.report("n1", now=NOW + 10_000).ejected == {}
    assert cluster.report("n1", saw(0, 20), now=NOW + 10_001).ejected == {ONE: 60_000}


def test_evidence_and_nodes_of_before_the_clock_was_set_back_count_ten_and_thirty_seconds_on(
    cluster: Cluster,
) -> None:
    cluster.live("n1", "n2")
    cluster.report("n1", saw(1, 18))
    then = NOW - HOUR
    assert cluster.report("n2", now=then).suspects == {ONE}
    assert cluster.report("n2", saw(0, 1, row=1), now=then + 9000).ejected == {ONE: 30_000}
    other = Member("file/stock", "http://x")
    assert cluster.report("n2", saw(0, 30, other), now=then + 29_999).ejected == {ONE: 9_001}
    assert cluster.report("n2", saw(0, 30, other), now=then + 30_001).ejected == {ONE: 8_999, other: 30_000}


def test_a_clock_that_is_set_back_brings_no_evidence_back(cluster: Cluster) -> None:
    cluster.live("n1")
    cluster.report("n1", saw(1, 18))
    then = NOW - HOUR
    cluster.report("n1", saw(0, 0), now=then)
    cluster.report("n1", now=then + 9_000)
    assert cluster.report("n1", saw(0, 1, row=1), now=then + 10_000).ejected == {}


@pytest.mark.parametrize(
    "reply", [None, [], [1, 2, 3], [1, [b"a b"], [b"a b"], [], 1], [1, [], [], [b"c", 1], 1]]
)
def test_an_answer_that_is_none_is_said_to_be_none(reply: Any) -> None:
    with pytest.raises(StoreError, match="something else"):
        read_view(reply, 0)
    with pytest.raises(StoreError, match="something else"):
        read_lease(None, "c")
