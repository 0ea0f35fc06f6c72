"""Readiness, decided from facts alone."""

from __future__ import annotations

import pytest

from edge.agent.facts import WORKER_BEHIND_S, Facts, WorkerFacts, is_settled, readiness, workers_on
from edge.versions.files import Identity

HELD = Identity("inc", 3, "hash")
NOW = 100.0


def worker(number: int | None = 3, *, since: float = NOW, refused: str = "") -> WorkerFacts:
    applied = None if number is None else ("inc" if number else "", number)
    return WorkerFacts(pid=1, worker=1, since=since, applied=applied, refused=refused)


def facts(*workers: WorkerFacts, **known) -> Facts:
    return Facts(**({"store": "up", "held": HELD} | known), workers=dict(enumerate(workers)))


def test_a_node_whose_workers_serve_the_held_version_is_ok():
    ready = readiness(facts(worker(), worker()), NOW)
    assert (ready.status, ready.body["status"], ready.body["reasons"]) == (200, "ok", [])
    assert ready.body["version"] == {"incarnation": "inc", "number": 3}


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"store": "away"}, "store_away"),
        ({"store_trouble": "store_empty"}, "store_empty"),
        ({"store_trouble": "store_behind"}, "store_behind"),
        ({"store_trouble": "store_foreign"}, "store_foreign"),
        ({"store_trouble": "reader_too_old"}, "reader_too_old"),
        ({"store_trouble": "store_incomplete"}, "store_incomplete"),
        ({"disk_error": "no space"}, "disk_error"),
        ({"config": "error", "config_problems": ("a:1:1: wrong",)}, "config_file_error"),
        ({"config": "waiting"}, "config_file_waiting"),
    ],
)
def test_trouble_makes_a_serving_node_degraded_but_ready(known, reason):
    ready = readiness(facts(worker(), **known), NOW)
    assert (ready.status, ready.body["status"], ready.body["reasons"]) == (200, "degraded", [reason])


def test_a_worker_on_an_older_version_still_serves():
    late = worker(2, since=NOW - WORKER_BEHIND_S - 0.1)
    ready = readiness(facts(late), NOW)
    assert (ready.status, ready.body["reasons"]) == (200, ["worker_behind"])


def test_a_worker_has_a_moment_before_it_counts_as_behind():
    assert readiness(facts(worker(2, since=NOW - WORKER_BEHIND_S)), NOW).body["reasons"] == []


def test_a_refusal_is_shown_at_once():
    ready = readiness(facts(worker(2, refused="no chunk")), NOW)
    assert ready.body["reasons"] == ["worker_behind"]
    assert ready.body["refused"] == ["no chunk"]


def test_without_a_worker_nothing_is_served():
    ready = readiness(facts(), NOW)
    assert (ready.status, ready.body["status"], ready.body["reasons"]) == (503, "starting", ["no_worker"])


def test_a_worker_that_has_applied_nothing_does_not_serve():
    assert readiness(facts(worker(None)), NOW).status == 503


def test_draining_is_never_ready():
    ready = readiness(facts(worker(), draining=True), NOW)
    assert (ready.status, ready.body["status"]) == (503, "draining")


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ({}, 200),
        ({"config": "pending"}, 503),
        ({"config": "published"}, 200),
        ({"store": "starting"}, 503),
        ({"store": "away"}, 503),
        ({"store_trouble": "reader_too_old"}, 503),
    ],
)
def test_no_version_is_ready_only_where_the_cluster_is_known_to_have_none(known, status):
    assert readiness(facts(worker(0), **({"held": None} | known)), NOW).status == status


@pytest.mark.parametrize(
    ("known", "settled"),
    [
        ({"store": "starting"}, False),
        ({"config": "pending"}, False),
        ({"store": "away"}, True),
        ({"config": "error"}, True),
        ({"store_trouble": "reader_too_old"}, True),
        ({}, True),
    ],
)
def test_a_start_is_over_when_only_others_can_bring_the_node_further(known, settled):
    assert is_settled(facts(worker(0), **({"held": None} | known))) is settled
    assert not is_settled(facts(**({"held": None} | known))), "without workers it is never over"


def test_workers_are_counted_on_the_held_version():
    assert workers_on([worker(), worker(2), worker(None)], HELD) == 1
    assert workers_on([worker(0)], None) == 1
