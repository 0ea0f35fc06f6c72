"""``weir edit`` with editors that are small programs."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from scripts.api_command import Mistake
from scripts.verbs.edit import editor_of, with_notes, without_notes
from tests.support.typed import at_a_terminal
from tests.support.weir_command import Commands
from tests.support.weir_gateway import Gateway
from weir.models.problem import Problem

pytestmark = pytest.mark.xdist_group("weir-api")

RULES = 'rule sage { when path == "/sage"; respond 200 "sage" }\n'


def editing(gateway: Gateway, tmp_path: Path, program: str) -> Commands:
    """Commands whose editor runs ``program`` with the file as ``$1``."""
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nset -e\n{program}\n")
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    made = Commands(gateway.up.state, tmp_path / "home")
    made.variables |= {"EDITOR": str(editor), "VISUAL": "", "TMPDIR": str(tmp_path)}
    return made


@pytest.fixture(autouse=True)
def temporary_files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_one_definition_is_changed_and_published(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    weir = editing(gateway, tmp_path, 'sed -i s/200/201/ "$1"')
    ran = weir.run("edit", "sage", "--yes", "-m", "created")
    assert ran.code == 0, ran
    assert gateway.up.get("/sage") == (201, "sage")


def test_the_whole_configuration_is_changed(gateway: Gateway, tmp_path: Path) -> None:
    weir = editing(gateway, tmp_path, f"printf '%s' '{RULES}' >> \"$1\"")
    assert weir.run("edit", "--yes").code == 0
    assert "sage" in gateway.client.config.text().text


def test_what_was_not_changed_is_not_published(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    ran = editing(gateway, tmp_path, "true").run("edit", "sage")
    assert (ran.code, ran.err) == (0, "nothing was changed\n")


def test_an_error_comes_back_into_the_editor_at_its_place(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    program = (
        f'if grep -q "^#! " "$1"; then cp "$1" {tmp_path}/seen; sed -i s/respnd/respond/ "$1"; '
        'else sed -i s/respond/respnd/ "$1"; fi'
    )
    weir = editing(gateway, tmp_path, program)
    seen = at_a_terminal(["edit", "sage"], [("Edit it again? [y/N]", "y")], weir.variables)
    assert seen.code == 0, seen.screen
    assert "nothing was changed" in seen.screen
    note, line = (tmp_path / "seen").read_text().splitlines()[:2]
    assert note.startswith("#! ")
    assert "respnd" in note
    assert "respnd" in line


def test_a_text_that_could_not_be_published_is_kept(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    ran = editing(gateway, tmp_path, 'echo "rule {" > "$1"').run("edit", "sage", "--yes")
    assert ran.code == 2
    (kept,) = tmp_path.glob("weir-edit-*/sage.weir")
    assert f"your text is kept in {kept}" in ran.err
    assert "rule {" in kept.read_text()
    assert kept.parent.stat().st_mode & 0o077 == 0


def test_a_no_keeps_the_text_and_publishes_nothing(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    weir = editing(gateway, tmp_path, 'sed -i s/200/203/ "$1"')
    seen = at_a_terminal(["edit", "sage"], [("Publish this? [y/N]", "n")], weir.variables)
    assert (seen.code, "your text is kept in" in seen.screen) == (1, True)
    assert "203" not in gateway.client.config.text().text


def test_somebody_faster_wins_and_the_text_is_kept(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    here = " ".join(
        ["curl", "-sf", "-X", "PUT", "-H", "'If-Match: *'", "-H", "'Content-Type: text/plain'",
         "-H", f"\"Authorization: Bearer $(cat {gateway.up.state}/admin.token)\"",
         "--data-binary", f"'{RULES.replace('200', '202').strip()}'",
         f"{gateway.client.url}/api/v1/rules/sage", "-o", "/dev/null"]
    )  # fmt: skip
    ran = editing(gateway, tmp_path, f'{here}\nsed -i s/200/201/ "$1"').run("edit", "sage", "--yes")
    assert ran.code == 4, ran
    assert "published version" in ran.err
    assert "your text is kept in" in ran.err
    assert gateway.up.get("/sage")[0] in (200, 202)


def test_an_editor_that_fails_publishes_nothing(gateway: Gateway, tmp_path: Path) -> None:
    gateway.publish(RULES)
    ran = editing(gateway, tmp_path, "exit 3").run("edit", "sage")
    assert (ran.code, "ended with 3; nothing was published" in ran.err) == (2, True)
    assert not list(tmp_path.glob("weir-edit-*"))


def test_a_name_that_nothing_has_or_several_kinds_have_is_said(gateway: Gateway, tmp_path: Path) -> None:
    weir = editing(gateway, tmp_path, "true")
    assert 'has nothing called "none"' in weir.run("edit", "none").err
    gateway.publish(
        RULES + 'upstream sage { target http://127.0.0.1:9 }\nrule b { when path == "/b"; proxy sage }\n'
    )
    assert '"sage" is in rules and in upstreams; say which with --kind' in weir.run("edit", "sage").err
    assert weir.run("edit", "sage", "--kind", "upstreams").code == 0


def test_the_editor_is_the_persons() -> None:
    assert editor_of({"VISUAL": "code --wait", "EDITOR": "ed"}) == ["code", "--wait"]
    assert editor_of({"EDITOR": "ed"}) == ["ed"]
    assert editor_of({}) == ["vi"]
    with pytest.raises(Mistake):
        editor_of({"EDITOR": " "})


def test_notes_stand_above_their_lines_and_go_away_again() -> None:
    text = "a\nb\nc"
    problems = [
        Problem(code="x", message="third", line=3, column=7, suggestion='"d"'),
        Problem(code="x", message="whole"),
        Problem(code="x", message="first", line=1, column=1),
        Problem(code="x", message="beyond", line=99),
    ]
    noted = with_notes(text, problems)
    assert noted.splitlines() == [
        "#! whole", "#! v first", "a", "b", '#!    v third; did you mean "d"?', "c", "#! v beyond",
    ]  # fmt: skip
    assert without_notes(noted) == text
