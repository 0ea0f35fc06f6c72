"""What is told to workers, and to a person."""

from __future__ import annotations

from edge.agent.health.check import Check
from edge.agent.health.knowledge import Knowledge
from weir.store.health import Member, Result, Seen, View

CHECK = Check("file/u", "http://a:1", "GET", "/healthz", 5000, 1000, (), "")
ONE = Member("file/u", "http://b:1")
GOOD, BAD = Result(True, 0, "passed", "", "n2"), Result(False, 0, "status", "503", "n2")
QUIET = View(frozenset(), {}, (), 0)


class Known:
    def __init__(self) -> None:
        self.now = 1000.0
        self.counted: list[tuple[str, str]] = []
        self.knowledge = Knowledge(lambda: self.now, lambda *labels: self.counted.append(labels))
        self.knowledge.watch([CHECK])

    def hear(self, result: Result, age_ms: int = 0) -> None:
        self.knowledge.take(QUIET._replace(results=(Seen(CHECK.id, age_ms, result),)))


def test_a_verdict_that_another_check_takes_over_counts_from_then_until_there_is_a_result() -> None:
    """Seldom before, often now: by the new interval it would be over already."""
    known = Known()
    seldom, often = CHECK._replace(every_ms=60_000), CHECK._replace(every_ms=2000)
    known.knowledge.watch([seldom])
    known.knowledge.take(QUIET._replace(results=(Seen(seldom.id, 0, BAD),)))
    known.now += 30.0
    known.knowledge.watch([often])
    assert known.knowledge.news()["failing"] == [["file", "u", "http://a:1", 1037.0]]
    known.now += 1.0
    known.knowledge.watch([often])
    assert known.knowledge.news()["failing"] == [["file", "u", "http://a:1", 1037.0]]
    known.knowledge.take(QUIET._replace(results=(Seen(often.id, 500, BAD),)))
    assert known.knowledge.news()["failing"] == [["file", "u", "http://a:1", 1037.5]]


def test_a_result_of_the_new_check_counts_even_if_it_is_older_than_the_publish() -> None:
    """Another node had the version a moment before."""
    known, edited = Known(), CHECK._replace(path="/readyz")
    known.hear(BAD)
    known.now += 3.0
    known.knowledge.watch([edited])
    known.knowledge.take(QUIET._replace(results=(Seen(edited.id, 500, GOOD),)))
    assert known.knowledge.news()["failing"] == []


def test_a_probe_of_its_own_ends_what_was_taken_over() -> None:
    known, edited = Known(), CHECK._replace(path="/readyz", every_ms=1000)
    known.hear(BAD)
    known.knowledge.watch([edited])
    known.now += 1.0
    known.knowledge.found(edited, BAD, published=False)
    assert known.knowledge.news()["failing"] == [["file", "u", "http://a:1", 1005.0]]


def test_a_verdict_that_is_over_is_not_taken_over() -> None:
    known, edited = Known(), CHECK._replace(path="/readyz")
    known.hear(BAD)
    known.now += CHECK.lasts_s
    known.knowledge.watch([edited])
    assert known.knowledge.news()["failing"] == []
    assert known.knowledge.last(edited.id) is None


def test_nothing_is_known_at_first() -> None:
    assert Known().knowledge.news() == {"ejected": [], "failing": []}


def test_a_failed_check_is_told_and_holds_for_three_intervals() -> None:
    known = Known()
    known.hear(BAD, 2000)
    assert known.knowledge.news()["failing"] == [["file", "u", "http://a:1", 1014.0]]
    known.now = 1014.0
    assert known.knowledge.news()["failing"] == []


def test_a_healthy_target_is_no_news() -> None:
    known = Known()
    known.hear(GOOD)
    assert known.knowledge.news()["failing"] == []
    assert known.knowledge.healthy() == [("u", "http://a:1", True)]


def test_an_older_result_does_not_replace_a_newer_one() -> None:
    known = Known()
    known.hear(GOOD)
    known.hear(BAD, 500)
    assert known.knowledge.last(CHECK.id) == GOOD


def test_results_of_checks_that_nobody_asked_for_are_not_kept() -> None:
    known = Known()
    known.hear(BAD)
    known.knowledge.watch([])
    known.hear(BAD)
    assert known.knowledge.last(CHECK.id) is None
    assert known.knowledge.news()["failing"] == []


def test_a_result_that_is_over_says_nothing() -> None:
    known = Known()
    known.hear(BAD, 16_000)
    assert known.knowledge.last(CHECK.id) is None
    known.hear(BAD, 15_999)
    assert known.knowledge.last(CHECK.id) == BAD


def test_who_failed_a_check_is_out_until_it_has_passed_the_one_in_its_place() -> None:
    known, edited = Known(), CHECK._replace(path="/readyz")
    known.hear(BAD)
    known.knowledge.watch([edited, CHECK._replace(url="http://c:1")])
    assert known.knowledge.last(edited.id) == BAD
    assert known.knowledge.news()["failing"] == [["file", "u", "http://a:1", 1016.0]]
    assert known.knowledge.heard_at(edited.id) == 0.0


def test_who_was_healthy_is_asked_anew() -> None:
    known, edited = Known(), CHECK._replace(path="/readyz")
    known.hear(GOOD)
    known.knowledge.watch([edited])
    assert known.knowledge.last(edited.id) is None


def test_an_ejection_that_is_heard_again_keeps_its_end() -> None:
    known = Known()
    for left in (30_000, 29_200, 28_100):
        known.knowledge.take(QUIET._replace(ejected={ONE: left}))
        assert known.knowledge.news()["ejected"] == [["file", "u", "http://b:1", 1030.0]]
        known.now += 0.9
    known.knowledge.take(QUIET._replace(ejected={ONE: 60_000}))
    assert known.knowledge.news()["ejected"] == [["file", "u", "http://b:1", 1062.7]]


def test_own_probes_are_counted_and_a_stranger_is_not_kept() -> None:
    known = Known()
    known.knowledge.found(CHECK, BAD, published=False)
    known.knowledge.found(CHECK._replace(path="/old"), BAD, published=True)
    assert known.counted == [("u", "status"), ("u", "status")]
    assert known.knowledge.last(CHECK.id) == BAD
    assert known.knowledge.heard_at(CHECK.id) == 0.0


def test_the_page_says_who_is_out_why_and_who_probes() -> None:
    known = Known()
    known.hear(BAD, 1000)
    known.knowledge.take(QUIET._replace(ejected={ONE: 30_000}))
    out = [
        ["file", "u", "http://a:1", "check", 1010.0, False],
        ["file", "u", "http://a:1", "consecutive", 1020.0, True],
    ]
    assert known.knowledge.state(out, {CHECK.id: "n1"}) == {
        "targets": [
            {
                "upstream": "file/u",
                "target": "http://a:1",
                "out": True,
                "why": ["check", "consecutive"],
                "workers": 2,
                "for_s": 20.0,
                "panic": True,
                "check": {
                    "request": "GET /healthz",
                    "probed_by": "n1",
                    "healthy": False,
                    "last": "status",
                    "age_s": 1.0,
                    "detail": "503",
                    "found_by": "n2",
                },
            },
            {"upstream": "file/u", "target": "http://b:1", "out": False, "cluster_for_s": 30.0},
        ]
    }
