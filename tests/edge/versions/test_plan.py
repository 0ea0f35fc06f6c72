"""Rules compiled."""

from pathlib import Path

import pytest

from edge.auth.services import AuthServices
from edge.link.asks import Asks
from edge.phases import admit, forward, respond, rewrite
from edge.versions.plan import Plan
from tests.support.in_process import InProcess
from weir.models.condition import AnyRequest
from weir.models.effective import Counted, Route, Settings
from weir.models.rule_clauses import Compress, Proxy, Require, Respond, Retry
from weir.models.values import Destination, Rate, Requirement


def route(**clauses: object) -> Route:
    return Route(**{"name": "a", "condition": AnyRequest(), "action": Respond(status=200), **clauses})


def test_what_is_not_built_is_never_ignored() -> None:
    auth = AuthServices(Asks(), lambda: 60.0)
    with pytest.raises(ValueError, match="rule a: require mtls is not built yet"):
        Plan(route(require=Require(any_of=(Requirement(method="mtls"),))), {}, Settings(), auth=auth)


def test_credentials_that_nobody_looks_at_are_never_ignored() -> None:
    with pytest.raises(ValueError, match="nobody looks at credentials"):
        Plan(route(require=Require(any_of=(Requirement(method="key"),))), {}, Settings())


def test_limits_that_nothing_counts_are_never_ignored() -> None:
    with pytest.raises(ValueError, match="nothing counts its limits"):
        Plan(route(limits=(Counted("a#0", Rate(count=1, per_ms=1)),)), {}, Settings())


def test_what_asks_for_nothing_passes() -> None:
    Plan(route(require=Require(), retry=Retry(count=0), compress=Compress()), {}, Settings())


def test_an_upstream_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no upstream u"):
        Plan(route(action=Proxy(to=(Destination(to="u"),))), {}, Settings())


def test_a_rule_has_the_phases_that_it_uses(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path,
        'rule a { when path == "/a"; respond 200 "" }\n'
        'rule b { when path == "/b"; strip prefix "/b"; proxy http://127.0.0.1:1 }',
    )
    phases = {plan.name: plan.phases for plans in edge.engine.snapshot.plans.values() for plan in plans}
    assert phases == {
        "a": (admit.run, respond.run),
        "b": (admit.run, rewrite.run, forward.run),
    }


def test_timeouts_and_host_come_from_rule_upstream_and_defaults(tmp_path: Path) -> None:
    edge = InProcess(
        tmp_path,
        "defaults { timeout connect 5s, try 6s, total 7s }\n"
        "upstream u { target http://127.0.0.1:1; timeout try 2s; host upstream }\n"
        'rule a { when any; timeout total 3s; host "b.test"; proxy u, http://127.0.0.1:2 }',
    )
    ((plan,),) = edge.engine.snapshot.plans.values()
    u, url = plan.shares.items
    assert (u.connect_s, u.try_s, u.total_s, u.idle_s) == (5.0, 2.0, 3.0, 3600.0)
    assert (url.connect_s, url.try_s, url.total_s) == (5.0, 6.0, 3.0)
    assert (u.host, u.host_of_target) == (b"b.test", False)
