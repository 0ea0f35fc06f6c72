from benchmarks.side_by_side.entrants import entrants
from benchmarks.side_by_side.gateways.known import KNOWN
from benchmarks.side_by_side.scenarios import LIMIT, RULES, SCENARIOS
from benchmarks.side_by_side.services import Behind
from benchmarks.side_by_side.store import Store

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
ALL = [known.name for known in KNOWN]
BEHIND = Behind(9001)
WITH_STORE = Behind(9001, Store(6001, 17))


def test_all_take_part_where_nothing_is_counted() -> None:
    found = list(entrants(BY_NAME["small"], BEHIND, ALL))
    assert [each.name for each in found] == ALL
    assert {each.work.limit for each in found} == {0}
    assert {each.work.store_port for each in found} == {0}


def test_rules_are_told_to_weir_and_to_the_others_where_the_scenario_says_so() -> None:
    def rules(name: str) -> dict[str, int]:
        return {each.name: each.work.rules for each in entrants(BY_NAME[name], BEHIND, ["nginx", "weir"])}

    assert rules("small") == {"nginx": 0, "weir": RULES}
    assert rules("rules") == {"nginx": RULES, "weir": RULES}


def test_with_a_limit_those_take_part_who_can_count_and_weir_twice_in_a_row() -> None:
    found = list(entrants(BY_NAME["limit"], WITH_STORE, ALL))
    assert [(each.name, each.work.limit, each.work.store_port) for each in found] == [
        ("nginx", 0, 0),
        ("nginx-lua", LIMIT, 6001),
        ("traefik", LIMIT, 6001),
        ("weir-unlimited", 0, 6001),
        ("weir", LIMIT, 6001),
    ]


def test_only_those_that_are_asked_for_take_part() -> None:
    found = entrants(BY_NAME["limit"], WITH_STORE, ["nginx", "caddy", "weir"])
    assert [each.name for each in found] == ["nginx", "weir-unlimited", "weir"]
