"""Only what a rule asks for is rewritten."""

from pathlib import Path

from edge.phases import rewrite
from edge.versions.plan import Plan
from tests.support.in_process import InProcess


def plan_of(directory: Path, clause: str) -> Plan:
    edge = InProcess(directory, f"rule a {{ when any; {clause}; proxy http://127.0.0.1:1 }}")
    ((plan,),) = edge.engine.snapshot.plans.values()
    return plan


def test_a_rule_that_edits_nothing_does_not_pay(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, 'set response header "X-A" = "1"')
    assert not rewrite.needed(plan)
    assert rewrite.run not in plan.phases


def test_paths_and_request_headers_need_it(tmp_path: Path) -> None:
    assert rewrite.run in plan_of(tmp_path / "1", 'strip prefix "/a"').phases
    assert rewrite.run in plan_of(tmp_path / "2", 'remove request header "X-A"').phases
