import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.wait import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux (PR_SET_PDEATHSIG)")

PARENT = """
import os, subprocess, sys
from weir.processes.parent_death import die_with_parent
me = os.getpid()
child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, preexec_fn=lambda: die_with_parent(me))
print(child.pid, flush=True)
sys.stdin.read()
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_child_dies_when_its_parent_is_killed_with_9() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.communicate()
    wait_until(lambda: not is_running(child), what="the child's end")


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    code = "from weir.processes.parent_death import die_with_parent; die_with_parent(1); print('lives')"
    assert os.getpid() != 1
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")
