import os
import subprocess
import sys

from benchmarks.side_by_side.cost import cpu_s, pss_mib, rss_mib, tree
from tests.support.wait import wait_until

CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"


def test_everything_below_a_process_belongs_to_it() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as process:
        wait_until(lambda: len(tree(process.pid)) == 2, what="the child's child")
        first, child = tree(process.pid)
        assert first == process.pid
        wait_until(lambda: rss_mib(child) > 1, what="the child's memory")
        assert rss_mib(first) > rss_mib(child)


def test_what_ended_children_spent_is_counted_too() -> None:
    before = cpu_s(os.getpid())
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True)
    assert cpu_s(os.getpid()) - before >= 0.15


def test_a_process_that_is_gone_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert (cpu_s(process.pid), rss_mib(process.pid), pss_mib(process.pid)) == (0, 0, 0)
