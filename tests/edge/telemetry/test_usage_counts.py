"""What a worker counts of rules and targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from edge.access_log.attempt import Attempt
from edge.link.frames import MAX_FRAME, pack
from edge.telemetry.families import LATENCY_BUCKETS
from edge.telemetry.histogram import Histogram
from edge.telemetry.usage_counts import MAX_ENTRIES, Answered, Called, UsageCounts
from tests.support.edge_process import EdgeProcess
from tests.support.misbehaving import rules, says
from tests.support.upstream import Upstream
from tests.support.wait import wait_until
from weir.models.auth.caller import Caller
from weir.models.usage import BOUNDS, COUNTS, FIRST_BUCKET, MAX_NAME, WIDTH, requests_of

SERVED = ("u", 200, 1.0, 1.003, "http://t", True)


def answered(rule: str, status: int, seconds: float = 0.003, **other: object) -> Answered:
    served = other.get("served")
    return ("name", status, 1.0, 1.0 + seconds, served, rule, other.get("taken", 0), other.get("sent", 0))  # type: ignore[return-value]


def folded(*requests: Answered) -> UsageCounts:
    usage = UsageCounts()
    usage.fold(requests, Histogram().counts)
    return usage


def taken(usage: UsageCounts) -> dict[str, dict[str, int]]:
    """By entry, what is not 0."""
    names = [*COUNTS, *(f"le {bound}" for bound in BOUNDS), "above"]
    return {
        name: {names[place]: number for place, number in enumerate(numbers) if number}
        for part in usage.take()
        for name, numbers in part
    }


def test_a_request_is_counted_with_its_rule_and_its_target() -> None:
    usage = folded(answered("api/a", 200, served=SERVED, taken=7, sent=90))
    assert taken(usage) == {
        "rapi/a": {"success": 1, "bytes_in": 7, "bytes_out": 90, "microseconds": 3000, "le 0.005": 1},
        "tapi/u http://t": {"success": 1, "microseconds": 3000, "le 0.005": 1},
    }
    assert taken(usage) == {}


def called(consumer: str, status: int = 200, code: str = "", served: bool = True) -> Called:
    caller = Caller(method="key", credential="k", consumer=consumer)
    return (caller, status, code, 1.0, 1.003, served, 7, 90)


def test_a_request_is_counted_with_its_consumer_too() -> None:
    usage = UsageCounts()
    usage.fold_called([called("acme"), called("acme", 403, "forbidden", served=False), called("other", 502)])
    assert taken(usage) == {
        "cacme": {
            "success": 1,
            "client_errors": 1,
            "bytes_in": 14,
            "bytes_out": 180,
            "microseconds": 6000,
            "le 0.005": 2,
        },
        "cother": {"server_errors": 1, "bytes_in": 7, "bytes_out": 90, "microseconds": 3000, "le 0.005": 1},
    }
    assert taken(usage) == {}


def test_what_the_edge_refused_a_consumer_is_told_apart() -> None:
    usage = UsageCounts()
    usage.fold_called(
        [called("acme", 429, "rate-limited", served=False), called("acme", 503, "no-target", served=False)]
    )
    counts = taken(usage)["cacme"]
    assert (counts["limited"], counts["own_errors"]) == (1, 1)


def test_tokens_of_nobody_are_in_no_count_of_consumers() -> None:
    usage = UsageCounts()
    usage.fold_called([called("")])
    assert taken(usage) == {}


def test_each_request_is_in_one_class() -> None:
    usage = folded(*(answered("api/a", status) for status in (101, 204, 301, 404, 499, 503, 599, 999, 0)))
    ((_, numbers),) = next(usage.take())
    assert numbers[:5] == [2, 1, 1, 3, 2]
    assert (requests_of(numbers), sum(numbers[FIRST_BUCKET:])) == (9, 9)


def test_refusals_and_errors_of_the_edge_are_told_from_those_of_a_service() -> None:
    busy = ("u", 429, 1.0, 1.003, "http://t", True)
    usage = folded(
        answered("api/a", 429),
        answered("api/a", 429, served=busy),
        answered("api/a", 502),
        answered("api/a", 404),
    )
    counts = taken(usage)["rapi/a"]
    assert (counts["limited"], counts["own_errors"], counts["client_errors"]) == (1, 1, 3)


def test_attempts_that_failed_and_answers_that_were_given_up_count_at_their_target() -> None:
    usage = UsageCounts()
    tries = [
        Attempt("http://t", 2.0, error="connect: refused", retry="granted"),
        Attempt("http://t", 2.0, status=503, retry="granted"),
        Attempt("http://t", 2.0, error="head: closed", reused=True, retry="replaced"),
    ]
    usage.attempts("api/a", "u", tries)
    assert taken(usage) == {
        "tapi/u http://t": {"server_errors": 1, "unanswered": 1, "microseconds": 4000, "le 0.0025": 2}
    }


def test_retries_are_counted_with_the_rule() -> None:
    usage = UsageCounts()
    usage.retry("api/a", granted=True)
    usage.retry("api/a", granted=False)
    usage.retry("api/a", granted=False)
    assert taken(usage) == {"rapi/a": {"retries": 1, "retries_refused": 2}}


def test_a_target_of_two_rules_is_one_and_the_same_url_of_two_owners_is_not() -> None:
    usage = folded(*(answered(rule, 200, served=SERVED) for rule in ("api/a", "api/group/b", "file/a")))
    found = taken(usage)
    assert found["tapi/u http://t"]["success"] == 2
    assert found["tfile/u http://t"]["success"] == 1


def test_the_buckets_of_all_requests_come_out_too() -> None:
    all_of_them = Histogram()
    usage = UsageCounts()
    total = usage.fold([answered("api/a", 200, 0.003), answered("", 404, 20.0)], all_of_them.counts)
    assert round(total, 6) == 20.003
    assert (all_of_them.counts[2], all_of_them.counts[-1], sum(all_of_them.counts)) == (1, 1, 2)


def test_buckets_are_those_of_the_metrics() -> None:
    assert BOUNDS == LATENCY_BUCKETS
    assert len(COUNTS) + len(BOUNDS) + 1 == WIDTH


def test_a_frame_has_room_for_the_longest_names_there_are() -> None:
    usage = folded(*(answered(f"api/{number}" + "𝔸" * 1000, 200) for number in range(MAX_ENTRIES + 1)))
    first, second = usage.take()
    assert (len(first), len(second)) == (MAX_ENTRIES, 1)
    assert len(first[0][0]) == MAX_NAME + 1
    assert len(pack({"kind": "asks", "items": [[0, "usage", first]]})) < MAX_FRAME


def test_a_real_worker_tells_of_rules_targets_and_retries(
    edge: EdgeProcess, upstreams: Callable[..., Upstream]
) -> None:
    bad, good = upstreams(answer=lambda _: says(503)), upstreams()
    edge.publish(rules(bad.url, good, "retry 1 on 503").replace("rule a ", "rule counted "))
    with edge.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 7\r\nContent-Length: 3\r\n\r\nabc")
        assert client.response("POST").status == 503
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.response("GET").status == 200
    found: Counter[str] = Counter()

    def told() -> bool:
        found.clear()
        for message in edge.agent.of_kind("asks"):
            for _, topic, body in message["items"]:
                for name, numbers in body if topic == "usage" else ():
                    found.update(
                        {f"{name} {COUNTS[place]}": number for place, number in enumerate(numbers[:11])}
                    )
        return found[f"tfile/u {bad.url} server_errors"] == 2

    wait_until(told, what="usage of both requests")
    assert (
        found["rfile/counted success"]
        == found["rfile/counted server_errors"]
        == found["rfile/counted retries"]
        == 1
    )
    assert found["rfile/counted own_errors"] == 0
    assert found["rfile/counted bytes_in"] == 3
    assert found[f"tfile/u {good.url} success"] == 1
