"""A command at a terminal: run in a pseudo-terminal, and typed at when it asks."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WITHIN_S = 60.0
"""Reached only when something is broken."""


class Seen(NamedTuple):
    code: int
    screen: str


def at_a_terminal(
    arguments: Sequence[str], answers: Sequence[tuple[str, str]], environment: Mapping[str, str]
) -> Seen:
    """``answers``: whenever the screen shows the first text, the second is typed and ended with a line."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scripts.main", *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=dict(environment), start_new_session=True,
            # Its controlling terminal: Ctrl-C is a signal there, and a hidden prompt asks at it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )  # fmt: skip
    finally:
        os.close(slave)
    try:
        screen = _conversation(master, list(answers))
        return Seen(process.wait(timeout=WITHIN_S), screen)
    finally:
        os.close(master)
        if process.poll() is None:
            process.kill()
            process.wait()


def _conversation(master: int, answers: list[tuple[str, str]]) -> str:
    screen, seen_to = "", 0
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if answers and (found := screen.find(answers[0][0], seen_to)) >= 0:
            seen_to = found + len(answers[0][0])
            os.write(master, answers.pop(0)[1].encode() + b"\n")
        if not select.select([master], [], [], 0.05)[0]:
            continue
        try:
            data = os.read(master, 65536)
        except OSError:  # Linux says EIO when the last holder of the other side is gone.
            data = b""
        if not data:
            assert not answers, f"never asked {answers[0][0]!r}:\n{screen}"
            return screen
        screen += data.decode("utf-8", "replace").replace("\r\n", "\n")
    raise AssertionError(f"did not end within {WITHIN_S:g} s:\n{screen}")
