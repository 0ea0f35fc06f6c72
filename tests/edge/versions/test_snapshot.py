"""One version compiled, and what the next shares with it."""

from pathlib import Path

import pytest

from edge.versions.pace import Pace
from edge.versions.snapshot import build, dismantle
from tests.support.in_process import InProcess
from weir.models.effective import Pool
from weir.models.upstream_clauses import Balance, Target

MANY = "\n".join(
    f'rule r{number} {{ when path == "/{number}"; respond 200 "{number}" }}' for number in range(600)
)


def test_plans_of_chunks_that_did_not_change_are_shared(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, MANY)
    before = dict(edge.engine.snapshot.plans)
    after = edge.publish(MANY.replace('"/7"; respond 200', '"/7"; respond 201')).plans
    assert len(before) > 3
    assert sum(after.get(key) is plans for key, plans in before.items()) == len(before) - 1
    assert edge.status("/7") == 201
    assert edge.status("/8") == 200


def test_in_a_chunk_that_changed_plans_of_the_other_rules_are_shared(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, MANY)
    before = {id(plan) for plans in edge.engine.snapshot.plans.values() for plan in plans}
    after = edge.publish(MANY.replace('"/7"; respond 200', '"/7"; respond 201')).plans
    assert [plan.name for plans in after.values() for plan in plans if id(plan) not in before] == ["r7"]


def test_a_rule_that_did_not_change_beside_one_that_did_gets_its_changed_upstream(tmp_path: Path) -> None:
    rules = "upstream u {{ target http://127.0.0.1:1{more} }}\nrule a {{ when any; proxy u }}\nrule b {{ respond {} }}"
    edge = InProcess(tmp_path, rules.format(200, more=""))
    edge.publish(rules.format(201, more="; timeout try 9s"))
    plans = [plan for plans in edge.engine.snapshot.plans.values() for plan in plans]
    assert [share.try_s for plan in plans for share in plan.shares.items] == [9.0]


def test_other_defaults_make_other_plans(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, MANY)
    before = dict(edge.engine.snapshot.plans)
    after = edge.publish("defaults { max body 5B }\n" + MANY).plans
    assert not any(after.get(key) is plans for key, plans in before.items())
    assert edge.status(b"POST /7 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n") == 413


def test_a_changed_upstream_changes_the_plans_that_use_it(tmp_path: Path) -> None:
    rules = "upstream u {{ target http://127.0.0.1:1{more} }}\nrule a {{ when any; proxy u }}"
    edge = InProcess(tmp_path, rules.format(more=""))
    edge.publish(rules.format(more="; timeout try 9s"))
    ((plan,),) = edge.engine.snapshot.plans.values()
    assert plan.shares.items[0].try_s == 9.0


def test_a_changed_upstream_changes_the_plans_that_mirror_to_it(tmp_path: Path) -> None:
    rules = (
        "upstream u {{ target http://127.0.0.1:1{more} }}\nrule a {{ proxy http://127.0.0.1:2; mirror u }}"
    )
    edge = InProcess(tmp_path, rules.format(more=""))
    edge.publish(rules.format(more="; timeout try 9s"))
    ((plan,),) = edge.engine.snapshot.plans.values()
    assert plan.mirror is not None
    assert plan.mirror.share.try_s == 9.0
    assert {upstream.name for upstream in plan.upstreams()} == {"u", "http://127.0.0.1:2"}


def test_an_old_snapshot_is_taken_apart_and_the_new_one_works(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, MANY)
    old = edge.engine.snapshot
    edge.publish(MANY.replace('"/7"; respond 200', '"/7"; respond 201'))
    dismantle(old, edge.engine.snapshot, Pace())
    assert old.plans == {}
    assert [edge.status(f"/{number}") for number in (7, 8, 599)] == [201, 200, 200]


def test_a_policy_that_is_not_known_is_refused(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, MANY)
    parts = edge.parts()
    balance = Balance(policy="hash")
    pool = Pool(name="u", targets=(Target(url="http://127.0.0.1:1"),), balance=balance)
    parts.pools["file", "u"] = pool
    with pytest.raises(ValueError, match=r"balance hash\(\)"):
        build(parts, edge.upstreams.draft(), edge.engine.snapshot, Pace())


def test_it_knows_at_which_upstreams_its_rules_repeat_attempts(tmp_path: Path) -> None:
    retries, plain = (
        f"upstream u {{ target http://127.0.0.1:1 }}\nrule a {{ when any; {more}proxy u }}\n"
        for more in ("retry 1 on 503; ", "")
    )
    edge = InProcess(tmp_path, retries + MANY)

    def retried() -> set[tuple[str, str]]:
        return set().union(*edge.engine.snapshot.retried.values())

    assert retried() == {("file", "u")}
    edge.publish(retries + MANY.replace('"/599"; respond 200', '"/599"; respond 201'))
    assert retried() == {("file", "u")}, "also where its plans are those of the version before"
    edge.publish(plain + MANY)
    assert retried() == set()


def test_a_bare_snapshot_keeps_what_the_log_needs(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, "defaults { log off }\n" + MANY)
    bare = edge.engine.snapshot.bare()
    assert (bare.number, bare.settings.log, bare.plans, bare.users) == (1, False, {}, 0)
