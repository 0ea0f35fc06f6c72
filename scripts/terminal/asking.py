"""Asking the person at the terminal; where there is none, nothing is assumed."""

from __future__ import annotations

import getpass
import sys

from scripts.api_command import Mistake


def confirm(question: str, *, otherwise: str) -> bool:
    """True for yes. Without a terminal on standard input: ``Mistake``, which names ``otherwise`` (such as --yes)."""
    if not sys.stdin.isatty():
        raise Mistake(f"there is no terminal to ask at; {otherwise}")
    try:
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    except UnicodeDecodeError:
        return False


def secret(prompt: str) -> str:
    """One line: typed without being shown, or from a pipe."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt, stream=sys.stderr).strip()
    return sys.stdin.readline().strip()
