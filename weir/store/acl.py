"""Accounts of the store for each process, in the form that ``aclfile`` and ``ACL SETUSER`` of Redis and Valkey read.

An account is a list of commands and of patterns of keys; nothing else is allowed, and scripts run with it: what a
script calls is checked as if its caller had sent it. Passwords stand there as SHA-256 only. Pure.

Who may do only some things with a key (``tell``) has selectors. The server wants every key of a call to a script to be
one that the caller may write, so there the account itself runs scripts with all its keys and can do nothing else with
them; a selector in brackets allows what scripts, or it, then do: one for keys of its own, one for each narrowed key.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping

from weir.store.keys import Keys
from weir.store.record_kinds import BASICS, CLIENTS, CONSUMERS, HMACS, INITIALS, ISSUERS, KEYS, USERS
from weir.store.roles import CHANNELS, COMMANDS, DATA_COMMANDS, RECORDS, ROLES, TELLING, Mode, Role
from weir.store.roles import KEYS as ROWS

KINDS = tuple(kind.name for kind in (CONSUMERS, KEYS, BASICS, HMACS, CLIENTS, USERS, ISSUERS, INITIALS))
PREFIX = "weir-"
_OF_CONNECTIONS = ((), ("+@connection", "-@dangerous"))
"""By category, since an ``aclfile`` that names a command that the server does not know yet is refused whole."""
_GLOB = re.compile(r"([*?\[\]\\])")


def users_acl(cluster: str, passwords: Mapping[Role, str], prefix: str = PREFIX) -> str:
    """A whole ``aclfile``, with nobody else in it: the default user is off.

    ``passwords`` are plain. A role that is missing there gets an account that nobody can use until it has one; the
    probe needs none, for it can do nothing.
    """
    lines = ["user default reset off"]
    lines += [
        f"user {prefix}{role} {' '.join(rules(cluster, role, passwords.get(role, '')))}" for role in ROLES
    ]
    return "\n".join(lines) + "\n"


def rules(cluster: str, role: Role, password: str = "") -> list[str]:
    """Of one account, as ``ACL SETUSER <name>`` takes them."""
    secret = [f"#{hashlib.sha256(password.encode()).hexdigest()}"] if password else []
    if role == "probe":
        secret = ["nopass"]
    commands = [*_OF_CONNECTIONS[role != "probe"], *_allowed(_of_the_account(role))]
    return ["reset", "on", *secret, "sanitize-payload", *commands, *scope(cluster, role)]


def scope(cluster: str, role: Role) -> list[str]:
    """Of one account: its keys, its channels, and its selectors. What it may do in one cluster."""
    channels = [f"&{_literal(Keys(cluster).wake())}"] if CHANNELS[role] else []
    return [*patterns(cluster, role), *channels, *selectors(cluster, role)]


def patterns(cluster: str, role: Role) -> list[str]:
    """Of keys, in the order of ``keys``."""
    if role == "probe":
        return []
    if role == "admin":
        return [f"~weir:{_literal(cluster)}:*"]
    return [_worded(key, mode) for key, mode in dict(granted(cluster, role)).items()]


def selectors(cluster: str, role: Role) -> list[str]:
    """None where no key is narrowed; each is one word for the server, though spaces are in it."""
    if not _is_narrowed(role):
        return []
    found = dict(granted(cluster, role))
    own = [_worded(key, mode) for key, mode in found.items() if mode != "tell"]
    keys = Keys(cluster)
    told = [
        (f"~{_pattern(keys, name)}", each) for name, each in TELLING.items() if ROWS[name].get(role) == "tell"
    ]
    return [_selector(own, DATA_COMMANDS), *(_selector([key], commands) for key, commands in told)]


def granted(cluster: str, role: Role) -> Iterator[tuple[str, Mode]]:
    """Pattern and mode of every key that the role may touch."""
    keys = Keys(cluster)
    for name, method in vars(Keys).items():
        if name.startswith("_") or not inspect.isfunction(method) or name == "wake":
            continue
        if name in ("records", "record_index"):
            for kind in KINDS:
                if mode := RECORDS[kind].get(role):
                    yield _literal(method(keys, kind)), mode
        elif mode := ROWS[name].get(role):
            yield _pattern(keys, name), mode


def _is_narrowed(role: Role) -> bool:
    return any(row.get(role) == "tell" for row in ROWS.values())


def _of_the_account(role: Role) -> Iterable[str]:
    """Commands for every key that it has at all."""
    return set(COMMANDS[role]) - set(DATA_COMMANDS) if _is_narrowed(role) else COMMANDS[role]


def _selector(keys: Iterable[str], commands: Iterable[str]) -> str:
    return f"({' '.join([*keys, *_allowed(commands)])})"


def _allowed(commands: Iterable[str]) -> list[str]:
    return [f"+{name}" for name in sorted(commands)]


def _worded(key: str, mode: Mode) -> str:
    return ("%R~" if mode == "r" else "~") + key


def _pattern(keys: Keys, name: str) -> str:
    """The key's name with ``*`` for each of its parameters."""
    method = getattr(keys, name)
    count = len(inspect.signature(method).parameters)
    return "*".join(_literal(part) for part in str(method(*("\0",) * count)).split("\0"))


def _literal(text: str) -> str:
    """Without the meaning that a character has in a pattern."""
    return _GLOB.sub(r"\\\1", text)
