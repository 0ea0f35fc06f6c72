"""A child dies with the process that started it, even when that one is killed with -9.

Linux has a request for it (``PR_SET_PDEATHSIG``). Elsewhere nothing does: there a supervisor that is killed with -9
leaves its children running; they keep their locks and ports, and the next start says who holds them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, sign: int = signal.SIGKILL) -> None:
    """To be called in a fresh child: ``sign`` reaches it when the process ``parent`` ends.

    The kernel ties the request to the parent's *thread* that forked, so a supervisor starts children from its main
    thread. The parent may have died before the request was made: then the child ends at once.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, sign, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if os.getppid() != parent:
        os.kill(os.getpid(), sign)
