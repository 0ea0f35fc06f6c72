"""``weir adopt`` leaves an order and says what the agent answered."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from scripts.verbs import adopt
from tests.support.wait import wait_until
from weir.processes.adoption import Answer, order_file, read_order, write_answer


@pytest.fixture
def node(tmp_path: Path) -> Path:
    directory = tmp_path / "node"
    directory.mkdir()
    return directory


def answered(node: Path, arguments: list[str], *, done: bool) -> int:
    """Runs the command while something answers as the agent would."""

    def agent() -> None:
        order = wait_until(lambda: read_order(node), what="an order")
        write_answer(node, Answer("of another order", True, "not this"))
        write_answer(node, Answer(order.id, done, f"{order.side} it is"))
        order_file(node).unlink()

    thread = threading.Thread(target=agent)
    thread.start()
    code = adopt.run([*arguments, "--state", str(node.parent)])
    thread.join()
    return code


@pytest.mark.parametrize("side", ["store", "node"])
def test_what_the_agent_did_is_printed(node, capsys, side):
    assert answered(node, [f"--{side}"], done=True) == 0
    assert capsys.readouterr().out == f"{side} it is\n"


def test_what_the_agent_could_not_do_is_an_error(node, capsys):
    assert answered(node, ["--node"], done=False) == 1
    assert "node it is" in capsys.readouterr().err


def test_a_program_is_told_what_the_agent_answered(node, capsys):
    assert answered(node, ["--node", "--json"], done=False) == 1
    assert capsys.readouterr().out == '{"done":false,"text":"node it is"}\n'


def test_without_an_agent_the_order_is_taken_back(node, capsys, monkeypatch):
    monkeypatch.setattr(adopt, "LONGEST_WAIT_S", 0.1)
    assert adopt.run(["--store", "--state", str(node.parent)]) == 3
    assert "no node agent answered" in capsys.readouterr().err
    assert not order_file(node).exists()


def test_a_directory_where_no_edge_ever_ran_is_a_mistake(tmp_path, capsys):
    assert adopt.run(["--store", "--state", str(tmp_path)]) == 2
    assert "no edge has run" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--store", "--node"], ["--store", "--redis", "redis://h:1"]])
def test_exactly_one_side_must_be_chosen(arguments, capsys):
    assert adopt.run(arguments) == 2
    assert "weir adopt:" in capsys.readouterr().err


def test_the_edge_of_weir_up_is_found_in_its_own_directory(tmp_path):
    (tmp_path / "edge" / "node").mkdir(parents=True)
    assert adopt.node_directory(tmp_path) == tmp_path / "edge" / "node"
