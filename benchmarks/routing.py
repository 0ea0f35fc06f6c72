"""What matching costs as the number of rules grows, and what a publish costs.

    python benchmarks/routing.py [--check] [--quick]

Prints CPU microseconds per bare ``match()`` for 10 to 100 000 rules, spread over hosts and all on one host, and
milliseconds of CPU to build a table: from nothing, and after one chunk of 256 rules changed, with the longest step.
``--check`` exits 1 if a match among 10 000 rules costs more than 2.5 times a match among 10; ``--quick`` leaves out
100 000.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence

from weir.models.condition import And, Compare, Condition
from weir.models.effective import Route
from weir.models.rule_clauses import Respond
from weir.routing.facts import RequestFacts
from weir.routing.table import RouteSet, Table

CHUNK = 256
SIZES = (10, 1_000, 10_000, 100_000)
MATCHES = 20_000
TARGET_RATIO = 2.5

Shape = Callable[[int], tuple[Condition, RequestFacts]]


def host_and_prefix(number: int) -> tuple[Condition, RequestFacts]:
    host, prefix = f"h{number // 10}.example.com", f"/api/v1/service{number % 10}"
    condition = And((Compare("host", "==", host), Compare("path", "under", prefix)))
    return condition, RequestFacts(host, f"{prefix}/orders/17")


def one_host_prefix(number: int) -> tuple[Condition, RequestFacts]:
    prefix = f"/api/v1/service{number}"
    condition = And((Compare("host", "==", "api.example.com"), Compare("path", "under", prefix)))
    return condition, RequestFacts("api.example.com", f"{prefix}/orders/17")


def one_host_like(number: int) -> tuple[Condition, RequestFacts]:
    condition = And(
        (
            Compare("host", "==", "api.example.com"),
            Compare("path", "like", f"/r{number}/{{id}}/items/{{item}}"),
            Compare("method", "in", ("GET", "HEAD")),
        )
    )
    return condition, RequestFacts("api.example.com", f"/r{number}/42/items/7")


def wildcard_host(number: int) -> tuple[Condition, RequestFacts]:
    return Compare("host", "==", f"*.t{number}.example.com"), RequestFacts(
        f"www.t{number}.example.com", "/a/b"
    )


def one_host_regex(number: int) -> tuple[Condition, RequestFacts]:
    condition = And(
        (
            Compare("host", "==", "api.example.com"),
            Compare("path", "matches", f"/r{number}/[0-9]+"),
        )
    )
    return condition, RequestFacts("api.example.com", f"/r{number}/42")


SHAPES: tuple[Shape, ...] = (host_and_prefix, one_host_prefix, one_host_like, wildcard_host, one_host_regex)


def route_sets(shape: Shape, size: int, changed: int | None = None) -> list[RouteSet]:
    """Chunks of ``size`` rules; ``changed`` is the number of a chunk that differs from the unchanged one."""
    sets = []
    for chunk, start in enumerate(range(0, size, CHUNK)):
        status = 201 if chunk == changed else 200
        routes = tuple(
            Route(name=f"r{number}", condition=shape(number)[0], action=Respond(status=status))
            for number in range(start, min(start + CHUNK, size))
        )
        sets.append(RouteSet(f"{chunk}-{status}", "api", routes))
    return sets


def match_microseconds(table: Table, facts: Sequence[RequestFacts]) -> float:
    """The best of five rounds; every request must find a rule."""
    match = table.match
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for each in facts:
            match(each)
        best = min(best, time.process_time() - started)
    if any(match(each) is None for each in facts):
        raise SystemExit("a request found no rule")
    return best / len(facts) * 1e6


def timed_build(sets: list[RouteSet], previous: Table | None) -> tuple[Table, float, float]:
    """The table, milliseconds in all, milliseconds of the longest step."""
    gc.collect()
    gc.disable()
    longest = total = 0.0
    steps = Table.build_steps(sets, previous)
    try:
        while True:
            started = time.process_time()
            try:
                next(steps)
            except StopIteration as done:
                table: Table = done.value
                return table, (total + time.process_time() - started) * 1e3, longest * 1e3
            step = time.process_time() - started
            total += step
            longest = max(longest, step)
    finally:
        gc.enable()


def measure(shape: Shape, size: int) -> float:
    table, fresh_ms, fresh_step = timed_build(route_sets(shape, size), None)
    changed = route_sets(shape, size, changed=size // CHUNK // 2)
    _, changed_ms, changed_step = timed_build(changed, table)
    draw = random.Random(size)
    numbers = [draw.randrange(size) for _ in range(min(size, 1_000))]
    facts = [shape(number)[1] for number in numbers] * (MATCHES // len(numbers))
    micros = match_microseconds(table, facts)
    print(
        f"{shape.__name__:16} {size:7} rules  match {micros:6.2f} us   build {fresh_ms:8.1f} ms"
        f" (step {fresh_step:5.2f})   one chunk {changed_ms:6.2f} ms (step {changed_step:5.2f})"
    )
    return micros


def main() -> int:
    worst = 0.0
    sizes = SIZES[:-1] if "--quick" in sys.argv else SIZES
    for shape in SHAPES:
        costs = {size: measure(shape, size) for size in sizes}
        worst = max(worst, costs[10_000] / costs[10])
    print(f"match among 10 000 rules / among 10: at most {worst:.2f} (target {TARGET_RATIO})")
    return int("--check" in sys.argv and worst > TARGET_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
