"""Courses of a ``World`` that random steps hardly ever take whole: those on which a wrong part shows.

Each begins with a quiet window, credit for everything, and a store that answers; what a wrong part spends too much is
then more than the reserve, which hides less.
"""

from __future__ import annotations

from edge.agent.budgets_stream import LONGEST_S
from tests.support.budget_world import World

ENOUGH = 400
"""Attempts and successes that earn more than any cap."""


def late(world: World) -> None:
    """All that one worker can get is spent at the last moment; the moment its bucket has left, all take all."""
    _begin(world)
    link, _, budget = world._worker()
    budget._demand.note(world.now, 64)
    world._spend(budget, 1)
    for _ in range(3):
        world.pass_time(0.001)
        budget._ask_when_low(world.now)
    bucket = budget._bucket
    world.now = max(world.now, budget._until - 0.0002)
    link.cut = True  # so that it does not stop to ask for more
    world._spend(budget, budget._units)
    link.cut = False
    gone = (bucket + 11) / 10 - world.skew + 0.0005
    if 0 < gone - world.now < 2:
        world.now = gone
    world.trip_s = 0.0002
    _drain(world)
    world.trip_s = 0.02


def given_back(world: World) -> None:
    """What a node holds, and what it told the store, while others take what there is."""
    _begin(world)
    _, _, budget = world._worker()
    budget._demand.note(world.now, 64)
    world._spend(budget, 1)
    budget.attempted()
    world._report_all()
    _drain(world)


def away(world: World) -> None:
    """The store's units, the node's part of the reserve, that of another agent, and those of the workers."""
    _begin(world)
    _drain(world)
    world.away = True
    _drain(world)
    for node in world.nodes:
        node.agent = node.new_agent()
        for link, _, _ in node.workers:
            link.again()
    _drain(world)
    for node in world.nodes:
        node.stopped = True
    _drain(world)
    for node in world.nodes:
        node.stopped = False
    world.away = False


COURSES = (late, given_back, away)


def _begin(world: World) -> None:
    world.away = False
    for node in world.nodes:
        node.stopped = False
    for _ in range(3):
        world.pass_time(31.0)
        world._report_all()
    world.pass_time(1.5)
    for node in world.nodes:
        for _, _, budget in node.workers:
            for _ in range(ENOUGH):
                budget.attempted()
                budget.succeeded(retry=False)
    world._report_all()
    world.pass_time(LONGEST_S)  # what was seen is told a report later
    world._report_all()


def _drain(world: World) -> None:
    """Everybody takes until nobody gets anything; a refusal that is remembered is waited for, but not for long."""
    for _ in range(3):
        for node in world.nodes:
            for _, _, budget in node.workers:
                budget._demand.note(world.now, 64)
                world._spend(budget)
        world.pass_time(0.03)
