"""`weir check` as somebody at a terminal, or a script, uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.verbs import check
from weir.rules.json_form import to_json
from weir.rules.parser import parse

GOOD = 'upstream a { target http://127.0.0.1:1 }\nrule r { when path == "/a"; proxy a }\n'
DOUBTFUL = GOOD + "upstream idle { target http://127.0.0.1:2 }\n"
BAD = 'rule r { when path == "/a"; proxy nowhere }\nrule r { redirect 305 "/x" }\n'


def written(directory: Path, text: str | bytes) -> str:
    file = directory / "gateway.weir"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(file)


def test_a_good_file_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run([written(tmp_path, GOOD)]) == 0
    assert capsys.readouterr().out.endswith("gateway.weir: fine\n")


def test_every_error_comes_at_once_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run([file := written(tmp_path, BAD)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f'{file}:1:35: no upstream is called "nowhere"')
    assert lines[1].startswith(f"{file}:2:1: ")
    assert lines[-1] == f"{file}: 3 errors"


def test_a_warning_is_a_finding_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, DOUBTFUL)
    assert check.run([file]) == 0
    assert 'warning: upstream "idle" is not used by any rule' in capsys.readouterr().out
    assert check.run(["--strict", file]) == 1


def test_the_json_form_is_checked_too_and_names_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, to_json(parse(BAD).document))
    assert check.run([file]) == 1
    assert f"{file}: definitions[0].clauses[1].to[0]: no upstream" in capsys.readouterr().out


def test_json_output_is_one_object_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, BAD)
    assert check.run(["--json", file]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["file"] == file
    assert answer["problems"][0]["line"] == 1
    assert answer["problems"][0]["code"] == "unknown-upstream"


def test_rules_that_can_never_match_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'rule a { when path == "/x" and path under "/y"; respond 200 }\n'
    assert check.run(["--strict", written(tmp_path, text)]) == 1
    assert 'rule "a"' in capsys.readouterr().out


def test_an_expression_that_is_none_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run([written(tmp_path, 'rule a { when path matches "(/x"; respond 200 }\n')]) == 1
    assert ":1:1: " in capsys.readouterr().out


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run([str(tmp_path / "none.weir")]) == 2
    assert capsys.readouterr().err.startswith("weir check: cannot read")
