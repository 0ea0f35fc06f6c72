"""What the kernel says that a process and everything below it spent. Linux: /proc."""

from __future__ import annotations

import os
from pathlib import Path


def tree(pid: int) -> list[int]:
    """A process and all its descendants that run now."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in _read(children).split()]
    return found


def cpu_s(pid: int) -> float:
    """Seconds of processor time so far; of descendants that ended too, once their parent has noticed."""
    return sum(_own_cpu_s(each) for each in tree(pid))


def _own_cpu_s(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Resident memory, each process for itself: what forked workers share is counted in each."""
    pages = sum(int((_read(Path(f"/proc/{each}/statm")).split() or "00")[1]) for each in tree(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def pss_mib(pid: int) -> float:
    """Resident memory, shared pages divided by those who share them; 0 where the kernel does not say."""
    return sum(_own_pss_kib(each) for each in tree(pid)) / 1024


def _own_pss_kib(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _read(path: Path) -> str:
    """Empty for a process that has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""
