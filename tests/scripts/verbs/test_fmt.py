"""`weir fmt` as somebody at a terminal uses it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from scripts.verbs import fmt

UNTIDY = 'rule   a{when path=="/a"\n  respond 200 "x" } # tidy me\n'
TIDY = 'language 1\n\nrule a { when path == "/a"; respond 200 "x" }  # tidy me\n'


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.weir"
    file.write_text(UNTIDY)
    return file


def test_it_rewrites_the_file_and_says_so(untidy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fmt.run([str(untidy)]) == 0
    assert untidy.read_text() == TIDY
    assert "rewritten" in capsys.readouterr().out


def test_a_canonical_file_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tidy.weir"
    file.write_text(TIDY)
    before = file.stat().st_ino, file.stat().st_mtime_ns
    assert fmt.run([str(file)]) == 0
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == before
    assert capsys.readouterr().out == ""


def test_the_mode_and_the_link_stay(untidy: Path, tmp_path: Path) -> None:
    untidy.chmod(0o640)
    link = tmp_path / "link.weir"
    link.symlink_to(untidy)
    assert fmt.run([str(link)]) == 0
    assert link.is_symlink()
    assert untidy.read_text() == TIDY
    assert untidy.stat().st_mode & 0o777 == 0o640


def test_check_changes_nothing_and_answers_with_its_exit_code(untidy: Path) -> None:
    assert fmt.run(["--check", str(untidy)]) == 1
    assert untidy.read_text() == UNTIDY
    untidy.write_text(TIDY)
    assert fmt.run(["--check", str(untidy)]) == 0


def test_diff_shows_what_would_change(untidy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fmt.run(["--diff", str(untidy)]) == 1
    assert '+rule a { when path == "/a"; respond 200 "x" }  # tidy me' in capsys.readouterr().out
    assert untidy.read_text() == UNTIDY


def test_standard_input_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(UNTIDY.encode())))
    assert fmt.run(["-"]) == 0
    assert capsys.readouterr().out == TIDY


def test_a_file_with_an_error_stays_as_it_is(untidy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    untidy.write_text("rule a { whem any; respond 200 }\n")
    assert fmt.run([str(untidy)]) == 2
    assert untidy.read_text() == "rule a { whem any; respond 200 }\n"
    assert f'{untidy}:1:10: unexpected "whem"' in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fmt.run([str(tmp_path / "none.weir")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_text_that_is_not_utf_8_is_one_sentence(untidy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    untidy.write_bytes(b"rule \xff")
    assert fmt.run([str(untidy)]) == 2
    assert "is not UTF-8 text (byte 5)" in capsys.readouterr().err


def test_one_bad_file_does_not_keep_the_others_from_being_tidied(untidy: Path, tmp_path: Path) -> None:
    assert fmt.run([str(tmp_path / "none.weir"), str(untidy)]) == 2
    assert untidy.read_text() == TIDY


def test_for_programs_each_file_is_one_line_of_json(
    untidy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*arguments: str) -> tuple[int, list[dict[str, object]]]:
        code = fmt.run(["--json", *arguments])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    wrong = tmp_path / "wrong.weir"
    wrong.write_text("rule {")
    name = str(untidy)
    assert said("--check", name) == (1, [{"file": name, "canonical": False, "rewritten": False}])
    code, (diff,) = said("--diff", name)
    assert code == 1
    assert "+rule a" in str(diff["difference"])
    code, (first, second) = said(name, str(wrong))
    assert (code, first) == (2, {"file": name, "canonical": False, "rewritten": True})
    assert (second["file"], bool(second["problems"])) == (str(wrong), True)
    assert said("--check", name) == (0, [{"file": name, "canonical": True, "rewritten": False}])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(UNTIDY.encode())))
    assert said("-")[1][0]["text"] == TIDY
