import os
import subprocess
import sys
from importlib import metadata

import pytest

from scripts import main as command
from scripts.main import VERBS, Verb, main


def weir(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "scripts.main", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    for verb in VERBS:
        assert f"  {verb.name:<12}{verb.help}\n" in shown


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_lists_the_commands_too(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    assert "Usage: weir COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["version", "-V", "--version"])
def test_the_version_is_the_packages(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    assert capsys.readouterr().out == f"weir {metadata.version('weir')}\n"


def test_an_unknown_command_is_refused_with_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["chekc"]) == 2
    assert capsys.readouterr().err == (
        'weir: there is no command "chekc"; did you mean "check"? ("weir help" lists them)\n'
    )


def test_an_unknown_command_like_nothing_else_is_refused_without_a_guess(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["zzz"]) == 2
    assert capsys.readouterr().err == 'weir: there is no command "zzz" ("weir help" lists them)\n'


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.module], ids=lambda verb: verb.name)
def test_every_command_of_the_table_exists_and_explains_itself(
    verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["help", verb.name])
    shown = capsys.readouterr()
    assert (end.value.code, shown.err) == (0, "")
    assert shown.out.startswith(f"usage: weir {verb.name}")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.process], ids=lambda verb: verb.name)
def test_every_process_of_the_table_exists_and_explains_itself(verb: Verb) -> None:
    done = weir("help", verb.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: weir {verb.name}")


def test_a_crash_is_one_sentence_and_debug_shows_all_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(verb: Verb, arguments: list[str]) -> int:
        raise RuntimeError("no\nway")

    monkeypatch.setattr(command, "call", crash)
    assert main(["up"]) == 2
    assert capsys.readouterr().err == (
        "weir up: unexpected RuntimeError: no way; WEIR_DEBUG=1 shows where, please report it\n"
    )
    monkeypatch.setenv("WEIR_DEBUG", "1")
    assert main(["up"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_error_of_the_system_is_told_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(verb: Verb, arguments: list[str]) -> int:
        raise FileNotFoundError(2, "No such file or directory", "x.weir")

    monkeypatch.setattr(command, "call", crash)
    assert main(["fmt"]) == 2
    assert capsys.readouterr().err == "weir fmt: [Errno 2] No such file or directory: 'x.weir'\n"


def test_a_long_message_is_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def crash(verb: Verb, arguments: list[str]) -> int:
        raise OSError("x" * 501)

    monkeypatch.setattr(command, "call", crash)
    main(["fmt"])
    assert capsys.readouterr().err == f"weir fmt: {'x' * 500}\n"


def test_ctrl_c_in_a_command_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(verb: Verb, arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "call", interrupted)
    assert main(["fmt"]) == 130


def test_a_reader_that_has_seen_enough_is_no_crash() -> None:
    first = subprocess.Popen(
        [sys.executable, "-P", "-m", "scripts.main", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert first.stdout is not None
    assert first.stderr is not None
    first.stdout.close()
    assert first.stderr.read() == b""
    first.stderr.close()
    first.wait()


def test_commands_on_files_do_not_load_the_event_loop_or_the_store() -> None:
    code = "import sys, scripts.main, scripts.verbs.fmt; print({'gevent', 'redis', 'gunicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n"
