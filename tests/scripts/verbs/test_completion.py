"""What the shells get; each is tried in the shell itself where it is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.main import VERBS
from scripts.verbs import completion
from tests.support.parts import need


def printed(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert completion.run([shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_command_and_flag_is_named(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(shell, capsys)
    for verb in VERBS:
        assert verb.name in text
    assert "drain-timeout" in text


def completed(*words: str, script: str) -> list[str]:
    """What bash offers for the last of ``words``."""
    program = f'{script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _weir; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", program, "bash", *words], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_commands_flags_and_choices(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("bash")
    script = printed("bash", capsys)
    assert completed("weir", "ch", script=script) == ["check"]
    assert completed("weir", "up", "--drain-", script=script) == ["--drain-delay", "--drain-timeout"]
    assert completed("weir", "completion", "z", script=script) == ["zsh"]
    assert completed("weir", "key", "rot", script=script) == ["rotate"]
    assert completed("weir", "client", "create", "--red", script=script) == ["--redirect"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.weir").touch()
    assert completed("weir", "check", "ga", script=script) == ["gateway.weir"]
    assert completed("weir", "nonsense", "x", script=script) == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_shell_itself_takes_it(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run([need(shell), "-n"], input=printed(shell, capsys), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
