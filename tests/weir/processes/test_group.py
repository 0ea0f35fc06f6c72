"""Real children, in a supervisor that is a real process where signals matter, in this one where they do not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.wait import wait_until
from weir.processes.backoff import Policy
from weir.processes.child import Child, always
from weir.processes.group import Group

SUPERVISOR = """
import pathlib, signal, sys
from weir.processes.backoff import Policy
from weir.processes.child import Child
from weir.processes.group import Group

folder = pathlib.Path(sys.argv[1])

def child(name, stop_within_s=10.0, stays=False, **more):
    code = f'''
import os, pathlib, signal, sys, time
folder, name = pathlib.Path({str(folder)!r}), {name!r}
def note(word):
    with open(folder / "log", "a") as log:
        log.write(f"{{name}} {{word}}\\\\n")
def stop(number, frame):
    note("stays" if {stays!r} else "stops")
    if not {stays!r}:
        raise SystemExit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGHUP, lambda number, frame: note("hangs up"))
signal.signal(signal.SIGUSR1, lambda number, frame: note("drains"))
note("starts")
(folder / name).write_text(str(os.getpid()))
while True:
    signal.pause()
'''
    def ready(pid):
        path = folder / name
        return path.exists() and path.read_text() == str(pid)
    return Child(name=name, argv=lambda: [sys.executable, "-c", code], ready=ready, stop_within_s=stop_within_s, **more)

group = Group(
    [%s],
    say=lambda line: print(line, flush=True),
    policy=Policy(first_s=0.01),
    on_ready=lambda: print("all ready", flush=True),
    drain_s=%s,
    on_drained=lambda: print("drained", flush=True),
)
sys.exit(group.run())
"""


class Supervisor:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, children: str, drain_s: float) -> None:
        self.folder = folder
        code = SUPERVISOR % (children, drain_s)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.output = self.process.stdout

    def until(self, text: str) -> str:
        for line in self.output:
            if text in line:
                return line.strip()
        raise AssertionError(f"the supervisor ended without saying {text!r}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        return self.process.wait(timeout=60)

    def pid_of(self, name: str) -> int:
        return int((self.folder / name).read_text())

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    started: list[Supervisor] = []

    def start(children: str, drain_s: float = 0.0) -> Supervisor:
        started.append(Supervisor(tmp_path, children, drain_s))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
        each.output.close()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


Supervise = Callable[..., Supervisor]


def test_children_start_in_order_and_stop_in_reverse_order(supervise: Supervise) -> None:
    group = supervise("child('store'), child('demo'), child('edge')")
    group.until("all ready")
    group.send(signal.SIGTERM)
    assert group.end() == 0
    assert group.log() == [
        "store starts", "demo starts", "edge starts", "edge stops", "demo stops", "store stops",
    ]  # fmt: skip


def test_ctrl_c_stops_the_group_with_exit_code_0(supervise: Supervise) -> None:
    group = supervise("child('edge')")
    group.until("all ready")
    group.send(signal.SIGINT)
    assert group.end() == 0
    assert group.log() == ["edge starts", "edge stops"]


def test_a_dead_child_is_started_again_and_said_to_be_back(supervise: Supervise) -> None:
    group = supervise("child('store'), child('edge')")
    group.until("all ready")
    first = group.pid_of("edge")
    os.kill(first, signal.SIGKILL)
    assert group.until("starts again").startswith(f"edge (pid {first}) ended with SIGKILL after")
    group.until("edge is back")
    assert group.pid_of("edge") != first
    assert group.log() == ["store starts", "edge starts", "edge starts"]


def test_hangup_reaches_only_the_children_that_want_it(supervise: Supervise) -> None:
    group = supervise("child('store'), child('edge', forwards=(signal.SIGHUP,))")
    group.until("all ready")
    group.send(signal.SIGUSR1)
    group.send(signal.SIGHUP)
    wait_until(lambda: "edge hangs up" in group.log(), what="the edge's hangup")
    assert "store hangs up" not in group.log()
    assert "edge drains" not in group.log()


def test_usr1_reaches_the_children_that_want_it_and_does_not_end_the_supervisor(supervise: Supervise) -> None:
    group = supervise("child('store'), child('edge', forwards=(signal.SIGHUP, signal.SIGUSR1))")
    group.until("all ready")
    group.send(signal.SIGUSR1)
    wait_until(lambda: "edge drains" in group.log(), what="the edge's signal")
    assert "store drains" not in group.log()
    group.send(signal.SIGTERM)
    assert group.end() == 0


def test_a_child_that_drains_is_told_before_anything_stops(supervise: Supervise) -> None:
    group = supervise("child('agent', drain_signal=signal.SIGUSR1), child('gunicorn')")
    group.until("all ready")
    group.send(signal.SIGTERM)
    assert group.end() == 0
    assert sorted(group.log()[2:4]) == ["agent drains", "gunicorn stops"]
    assert group.log()[4:] == ["agent stops"]


def test_between_the_drain_signal_and_the_first_stop_there_is_as_much_time_as_was_asked_for(
    supervise: Supervise,
) -> None:
    group = supervise("child('agent', drain_signal=signal.SIGUSR1), child('gunicorn')", drain_s=0.5)
    group.until("all ready")
    began = time.monotonic()
    group.send(signal.SIGTERM)
    group.until("drained")
    assert time.monotonic() - began >= 0.5
    assert group.log()[2:3] == ["agent drains"]
    assert group.end() == 0
    assert group.log()[2:] == ["agent drains", "gunicorn stops", "agent stops"]


def test_ctrl_c_while_it_drains_kills_at_once(supervise: Supervise) -> None:
    group = supervise("child('agent', drain_signal=signal.SIGUSR1)", drain_s=600)
    group.until("all ready")
    group.send(signal.SIGTERM)
    wait_until(lambda: "agent drains" in group.log(), what="it drains")
    group.send(signal.SIGINT)
    assert group.end() == 130
    assert is_gone(group.pid_of("agent"))


def test_a_child_that_does_not_stop_in_time_is_killed(supervise: Supervise) -> None:
    group = supervise("child('edge', stop_within_s=0.2, stays=True)")
    group.until("all ready")
    pid = group.pid_of("edge")
    group.send(signal.SIGTERM)
    assert group.until("killed") == "edge did not stop within 0.2 s and is killed"
    assert group.end() == 0
    assert is_gone(pid)


def test_a_second_ctrl_c_kills_at_once(supervise: Supervise) -> None:
    group = supervise("child('store'), child('edge', stop_within_s=600, stays=True)")
    group.until("all ready")
    pids = [group.pid_of("store"), group.pid_of("edge")]
    group.send(signal.SIGINT)
    wait_until(lambda: "edge stays" in group.log(), what="the edge being asked to stop")
    group.send(signal.SIGINT)
    assert group.end() == 130
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux (PR_SET_PDEATHSIG)")
def test_children_die_with_a_supervisor_that_is_killed_with_9(supervise: Supervise) -> None:
    group = supervise("child('store'), child('edge')")
    group.until("all ready")
    pids = [group.pid_of("store"), group.pid_of("edge")]
    group.send(signal.SIGKILL)
    group.end()
    wait_until(lambda: all(is_gone(pid) for pid in pids), what="the children's end")


# In this process: no signal is sent.


def python(name: str, code: str, ready: Callable[[int], bool] = always) -> Child:
    return Child(name=name, argv=lambda: [sys.executable, "-c", code], ready=ready)


def test_too_many_deaths_stop_the_group_with_exit_code_1(tmp_path: Path) -> None:
    lines: list[str] = []
    policy = Policy(first_s=0.001, deaths=5)
    code = f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); raise SystemExit(7)"
    assert Group([python("edge", code)], say=lines.append, policy=policy).run() == 1
    assert (tmp_path / "starts").read_text() == "x" * 5
    deaths = [line for line in lines if "exit code 7" in line]
    assert len(deaths) == 5
    assert deaths[-1].endswith("5 deaths within 60 s: giving up")


def test_a_bad_set_up_of_a_child_stops_the_group_with_exit_code_2_and_no_restart(tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); raise SystemExit(2)"
    lines: list[str] = []
    store = Child(name="store", argv=lambda: ["sleep", "600"])
    edge = python("edge", code, ready=lambda pid: False)
    assert Group([store, edge], say=lines.append).run() == 2
    assert (tmp_path / "starts").read_text() == "x"
    assert lines == []


def test_a_program_that_is_not_there_stops_the_group_with_exit_code_2() -> None:
    lines: list[str] = []
    missing = Child(name="store", argv=lambda: ["/nowhere/server"])
    assert Group([missing], say=lines.append).run() == 2
    assert lines == ["store cannot be started: [Errno 2] No such file or directory: '/nowhere/server'"]


def test_a_child_that_is_not_ready_in_time_is_killed_and_counts_as_dead() -> None:
    lines: list[str] = []
    never = Child(name="edge", argv=lambda: ["sleep", "600"], ready=lambda pid: False, ready_within_s=0.05)
    assert Group([never], say=lines.append, policy=Policy(first_s=0.001, deaths=2)).run() == 1
    assert lines[0] == "edge was not ready within 0.05 s and is killed"
    assert "ended with SIGKILL" in lines[1]


def test_a_later_child_does_not_start_before_the_one_before_it_is_ready(tmp_path: Path) -> None:
    never = Child(name="store", argv=lambda: ["sleep", "600"], ready=lambda pid: False, ready_within_s=0.05)
    mark = tmp_path / "started"
    later = Child(name="edge", argv=lambda: ["touch", str(mark)])
    assert Group([never, later], say=lambda line: None, policy=Policy(deaths=1)).run() == 1
    assert not mark.exists()


def test_the_arguments_are_asked_for_at_every_start() -> None:
    codes = iter([5, 6, 2])
    lines: list[str] = []
    child = Child(name="edge", argv=lambda: ["sh", "-c", f"exit {next(codes)}"], ready=lambda pid: False)
    assert Group([child], say=lines.append, policy=Policy(first_s=0.001)).run() == 2
    assert ["exit code 5" in lines[0], "exit code 6" in lines[1]] == [True, True]


def test_a_failure_of_the_supervisor_itself_leaves_no_child() -> None:
    pids: list[int] = []

    def fail(pid: int) -> bool:
        pids.append(pid)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Group([Child(name="edge", argv=lambda: ["sleep", "600"], ready=fail)], say=lambda line: None).run()
    assert is_gone(pids[0])


def test_waits_use_the_clock_that_was_given() -> None:
    now = [1000.0]

    def clock() -> float:
        now[0] += 40  # whatever happens takes 40 s, so five deaths are never within a minute
        return now[0]

    codes = iter([1, 1, 1, 1, 1, 1, 2])
    lines: list[str] = []
    child = Child(name="edge", argv=lambda: ["sh", "-c", f"exit {next(codes)}"], ready=lambda pid: False,
                  ready_within_s=1e9)  # fmt: skip
    assert Group([child], say=lines.append, clock=clock).run() == 2
    assert len(lines) == 6
