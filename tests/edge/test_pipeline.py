"""The order of phases is one list, the page about it has the same, and whatever fails is answered."""

import re
from pathlib import Path

import pytest

from edge import pipeline
from edge.exchange import Exchange
from edge.versions.plan import Plan
from tests.support.in_process import InProcess

PAGE = Path(__file__).parents[2] / "docs" / "life-of-a-request.md"


def test_the_page_names_the_phases_in_their_order() -> None:
    names = [phase.__name__.rpartition(".")[2] for phase in pipeline.PHASES]
    assert re.findall(r"^## \d+\. (\w+)", PAGE.read_text(), re.MULTILINE) == names


def test_every_phase_file_is_in_the_list() -> None:
    files = {path.stem for path in Path(pipeline.__file__).with_name("phases").glob("[!_]*.py")}
    assert files == {phase.__name__.rpartition(".")[2] for phase in pipeline.PHASES}


def test_a_failure_of_our_own_is_500_and_the_worker_lives(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edge = InProcess(tmp_path, 'rule a { when any; respond 200 "" }')
    ((plan,),) = edge.engine.snapshot.plans.values()

    def broken(_exchange: Exchange, _plan: Plan) -> None:
        raise ZeroDivisionError("a bug")

    plan.phases = (broken,)
    answer = edge.ask("/")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'"code":"internal-error"' in answer
    assert b"a bug" not in answer
    assert "a bug" in caplog.text
    assert [entry.status for entry in edge.log.kept] == [500]
