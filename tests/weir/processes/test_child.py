import signal
import sys

import pytest

from weir.processes.child import Child, Running, always, how_it_ended


def python(code: str) -> Child:
    return Child(name="child", argv=lambda: [sys.executable, "-c", code])


def test_an_end_is_told_as_an_exit_code_or_a_signal() -> None:
    assert how_it_ended(3) == "exit code 3"
    assert how_it_ended(-signal.SIGKILL) == "SIGKILL"
    assert how_it_ended(-200) == "signal 200"


def test_a_child_is_ready_at_once_unless_it_says_otherwise() -> None:
    assert always(1)


def test_a_child_runs_until_its_end_and_tells_its_exit_code() -> None:
    running = Running(python("raise SystemExit(5)"), now=0)
    running.reap()
    assert running.exit_code() == 5


def test_a_child_reads_nothing_from_the_terminal() -> None:
    running = Running(python("import sys; raise SystemExit(len(sys.stdin.read()))"), now=0)
    running.reap()
    assert running.exit_code() == 0


def test_a_child_gets_the_supervisors_environment_and_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_A", "1")
    code = "import os; raise SystemExit(int(os.environ['WEIR_A'] + os.environ['WEIR_B']))"
    child = Child(name="child", argv=lambda: [sys.executable, "-c", code], environment={"WEIR_B": "2"})
    running = Running(child, now=0)
    running.reap()
    assert running.exit_code() == 12


def test_a_killed_child_takes_its_own_children_along() -> None:
    running = Running(python("import subprocess; subprocess.run(['sleep', '600'])"), now=0)
    running.kill()
    running.reap()
    assert running.exit_code() == -signal.SIGKILL


def test_killing_after_the_end_is_no_error() -> None:
    running = Running(python(""), now=0)
    running.reap()
    running.kill()


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        Running(Child(name="child", argv=lambda: ["/nowhere/program"]), now=0)
