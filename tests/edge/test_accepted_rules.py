"""What the check before a publish accepts, a node can serve: nothing is refused by nodes alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given

from edge.limiting.verdict import Demand, Verdict
from tests.support.documents import moderate
from tests.support.edits import histories
from tests.support.in_process import InProcess
from weir.models.effective import Counted
from weir.models.problem import Refused, errors_of
from weir.routing.validate import validate
from weir.rules.clauses.table import SYNTAXES
from weir.rules.parser import parse

AROUND = """
define office = ip in ["10.0.0.0/8"]
limit gold {{ 100 per 1m }}
upstream orders {{ target http://127.0.0.1:1 {upstream} }}
upstream shop-v1 {{ target http://127.0.0.1:1 }}
upstream shop-v2 {{ target http://127.0.0.1:1 }}
defaults {{ {defaults} }}
rule here {{ {rule} }}
"""


def examples() -> Iterator[str]:
    for syntax in SYNTAXES:
        for place in sorted(syntax.places):
            for example in syntax.examples:
                given = {"upstream": "", "defaults": "", "rule": "respond 200"}
                is_action = place == "rule" and syntax.word in ("proxy", "redirect", "respond")
                given[place] = f"; {example}" if place == "upstream" else example
                if place == "rule" and not is_action:
                    given[place] = f"{example}; proxy orders"
                yield AROUND.format(**given)


def is_accepted(text: str) -> bool:
    try:
        return not errors_of(validate(*parse(text)))
    except Refused:
        return False


class NoLimiter:
    """Limits are known; nothing is counted, since no request comes."""

    def clock(self) -> float:
        return 0.0

    def limit_of(self, counted: Counted) -> Any:
        return counted

    def holding(self, limit: Any, key: str) -> Any:
        raise AssertionError("no request comes")

    def renewed(self, holding: Any, limit: Any, key: str, cost: int, now: float) -> bool:
        raise AssertionError("no request comes")

    def check(self, demands: Sequence[Demand]) -> Verdict:
        raise AssertionError("no request comes")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    return InProcess(tmp_path_factory.mktemp("edge"), "", NoLimiter())


def test_every_example_of_the_reference_that_is_accepted_is_served(edge: InProcess) -> None:
    accepted = [text for text in examples() if is_accepted(text)]
    assert len(accepted) > 60
    for text in accepted:
        edge.publish(text)


@given(texts=histories())
@moderate
def test_every_text_that_is_accepted_is_served(edge: InProcess, texts: list[str]) -> None:
    for text in filter(is_accepted, texts):
        edge.publish(text)
