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


def new_password(prompt: str = "Password: ") -> str:
    """One line as it is, spaces too: typed twice without being shown, or from a pipe. Raises Mistake."""
    if not sys.stdin.isatty():
        try:
            found = sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise Mistake("the password on standard input is not UTF-8 text") from None
    else:
        found = getpass.getpass(prompt, stream=sys.stderr)
        if found and getpass.getpass("The same again: ", stream=sys.stderr) != found:
            raise Mistake("the two passwords are not the same; nothing was changed")
    if not found:
        raise Mistake("no password was given; type it, or pipe it in")
    return found
