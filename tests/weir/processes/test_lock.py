import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from weir.processes.lock import StateHeld, StateUnusable, hold

HOLDER = """
import pathlib, subprocess, sys
from weir.processes.lock import hold
kept = hold(pathlib.Path(sys.argv[1]))
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) if sys.argv[2:] else None
print(child.pid if child else "held", flush=True)
sys.stdin.read()
"""


def start_holder(directory: Path, *child: str) -> tuple[subprocess.Popen[str], str]:
    """A process that holds the directory, and what it printed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory), *child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    return holder, holder.stdout.readline().strip()


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with hold(tmp_path / "a" / "state"):
        assert (tmp_path / "a" / "state").stat().st_mode & 0o777 == 0o700


def test_a_second_process_is_told_who_holds_the_state(tmp_path: Path) -> None:
    holder, _ = start_holder(tmp_path)
    try:
        with pytest.raises(StateHeld) as caught:
            hold(tmp_path)
        assert caught.value.pid == holder.pid
        assert str(caught.value) == (
            f"the state directory {tmp_path} is in use by process {holder.pid}; stop it, or take another --state"
        )
    finally:
        holder.communicate()


def test_a_holder_killed_with_9_leaves_nothing_behind(tmp_path: Path) -> None:
    holder, _ = start_holder(tmp_path)
    holder.kill()
    holder.communicate()
    with hold(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_released_state_can_be_held_again(tmp_path: Path) -> None:
    lock = hold(tmp_path)
    with pytest.raises(StateHeld):
        hold(tmp_path)
    lock.release()
    lock.release()
    hold(tmp_path).release()


def test_a_child_that_outlives_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    holder, child = start_holder(tmp_path, "sleep", "600")
    holder.kill()
    holder.communicate()
    try:
        hold(tmp_path).release()
    finally:
        os.kill(int(child), signal.SIGKILL)


def test_a_path_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateUnusable, match=r"cannot use the state directory .*state: "):
        hold(tmp_path / "state")
    with pytest.raises(StateUnusable, match="Not a directory"):
        hold(tmp_path / "state" / "below")


def test_a_lock_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(StateUnusable, match="Is a directory"):
        hold(tmp_path)
