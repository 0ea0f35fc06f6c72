"""Reading rule files: text, or one sentence."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from scripts import rule_files
from scripts.rule_files import STDIN, Unreadable, read_text, shown


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "a.weir"
    file.write_bytes("rule 订单 {}".encode())
    assert read_text(str(file)) == "rule 订单 {}"
    assert shown(str(file)) == str(file)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"rule a {}")))
    assert read_text(STDIN) == "rule a {}"
    assert shown(STDIN) == "<stdin>"


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"^cannot read .*none\.weir: No such file or directory$"):
        read_text(str(tmp_path / "none.weir"))


def test_a_directory_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="Is a directory"):
        read_text(str(tmp_path))


def test_a_name_that_the_system_refuses_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="File name too long"):
        read_text(str(tmp_path / ("a" * 300)))


def test_what_is_no_text_says_where(tmp_path: Path) -> None:
    file = tmp_path / "a.weir"
    file.write_bytes(b"rule \xff")
    with pytest.raises(Unreadable, match=r"is not UTF-8 text \(byte 5\)"):
        read_text(str(file))


def test_a_file_over_the_bound_is_too_large_and_not_broken_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_files, "MAX_BYTES", 8)
    file = tmp_path / "large.weir"
    file.write_text("堰" * 3)
    with pytest.raises(rule_files.Unreadable, match="more than 8 bytes"):
        rule_files.read_text(str(file))
