"""The ``weir`` command: a table of verbs, found by name, imported only when called.

What only some calls need is imported by them, so that the command is there at once. No traceback reaches a user: what
a verb does not explain itself becomes one sentence here (``WEIR_DEBUG=1`` shows the whole of it).
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from scripts.terminal.exit_codes import BAD_INPUT, FINE

INTERRUPTED = 130


class Verb(NamedTuple):
    """``module`` is imported and its ``run`` called; ``process`` replaces this process by ``python -m process``."""

    name: str
    help: str
    module: str = ""
    process: str = ""


VERBS = (
    Verb("up", "run everything: store, edge, admin API and a demo service", module="scripts.verbs.up"),
    Verb("edge", "run the data plane of one node", process="edge"),
    Verb("admin", "run the admin API; `weir admin bootstrap` makes its first token", process="admin_api"),
    Verb(
        "auth",
        "run the OAuth 2 authorization server; `weir auth rotate-key` is for emergencies",
        process="auth",
    ),
    Verb("fmt", "print a .weir file in its canonical form", module="scripts.verbs.fmt"),
    Verb("check", "find errors and doubtful rules in a .weir file", module="scripts.verbs.check"),
    Verb("explain", "say which rule a request meets, and why", module="scripts.verbs.explain"),
    Verb("schema", "print the JSON schema of the rule language", module="scripts.verbs.schema"),
    Verb(
        "login",
        "save the address of an admin API and a token for later commands",
        module="scripts.verbs.login",
    ),
    Verb("logout", "forget the saved admin API and its token", module="scripts.verbs.logout"),
    Verb(
        "status",
        "say what runs, what it serves, what is wrong, and who you are",
        module="scripts.verbs.status",
    ),
    Verb("apply", "publish a .weir file, after showing what changes", module="scripts.verbs.apply"),
    Verb("diff", "show what publishing a .weir file would change", module="scripts.verbs.diff"),
    Verb("show", "print what is configured, all of it or one definition", module="scripts.verbs.show"),
    Verb("edit", "change the configuration, or one definition, in an editor", module="scripts.verbs.edit"),
    Verb("versions", "list the history, show a version, compare two", module="scripts.verbs.versions"),
    Verb("restore", "publish again what an earlier version had", module="scripts.verbs.restore"),
    Verb("lint", "find what is wrong or doubtful in the configuration", module="scripts.verbs.lint"),
    Verb("nodes", "list the nodes: version, load, and what is wrong", module="scripts.verbs.nodes"),
    Verb("top", "show what goes through the cluster, refreshed every second", module="scripts.verbs.top"),
    Verb("tail", "show requests as they happen, at most 50 a second and node", module="scripts.verbs.tail"),
    Verb(
        "drain",
        "take a target out of service for a while, or back; list those that are out",
        module="scripts.verbs.drain",
    ),
    Verb("audit", "list who changed what, when, and what came of it", module="scripts.verbs.audit"),
    Verb(
        "token",
        "list, create, rotate and revoke access tokens of the admin API",
        module="scripts.verbs.tokens",
    ),
    Verb(
        "consumer",
        "list, create, change and remove consumers: who calls, with which tags and scopes",
        module="scripts.verbs.consumers",
    ),
    Verb(
        "key",
        "list, create, rotate, disable and revoke API keys of consumers",
        module="scripts.verbs.keys",
    ),
    Verb(
        "client",
        "list, create, change and remove OAuth clients; rotate their secrets, revoke their tokens",
        module="scripts.verbs.clients",
    ),
    Verb(
        "user",
        "list, create, change and remove users of weir auth; set passwords, end sessions",
        module="scripts.verbs.users",
    ),
    Verb(
        "issuer",
        "add, list, check and remove foreign authorization servers",
        module="scripts.verbs.issuers",
    ),
    Verb(
        "backup", "save everything of the cluster as one file, or restore it", module="scripts.verbs.backup"
    ),
    Verb(
        "secret",
        "list, rotate, hand out and check the keys that encrypt secrets",
        module="scripts.verbs.secrets",
    ),
    Verb(
        "acl",
        "print accounts of the store for each process, with what each may do there",
        module="scripts.verbs.acl",
    ),
    Verb(
        "init",
        "make what a deployment needs once: key rings of its processes, passwords for the store",
        module="scripts.verbs.init",
    ),
    Verb(
        "doctor",
        "look for what usually goes wrong, and say what to do about it",
        module="scripts.verbs.doctor",
    ),
    Verb("completion", "print completion for bash, zsh or fish", module="scripts.verbs.completion"),
    Verb(
        "adopt", "decide what follows when the store came back older or foreign", module="scripts.verbs.adopt"
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The console entry point."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return dispatch(given)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python flushes at exit, so that has nowhere to fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        return explain_crash(given, error)


def dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"help", "-h", "--help"}:
        return print_help(arguments[1:])
    if arguments[0] in {"--version", "-V", "version"}:
        from importlib import metadata

        print(f"weir {metadata.version('weir')}")
        return FINE
    verb = find_verb(arguments[0])
    if verb is None:
        print(f"weir: {unknown(arguments[0])}", file=sys.stderr)
        return BAD_INPUT
    return call(verb, arguments[1:])


def call(verb: Verb, arguments: list[str]) -> int:
    if verb.process:
        # Replaced, not started: signals and the exit code need no relay. A folder of the process's name where the
        # person happens to stand is not the process: PYTHONSAFEPATH keeps it out, for its children too.
        environment = {**os.environ, "PYTHONSAFEPATH": "1"}
        os.execve(sys.executable, [sys.executable, "-m", verb.process, *arguments], environment)  # noqa: S606
    code: int = importlib.import_module(verb.module).run(arguments)
    return code


def find_verb(name: str) -> Verb | None:
    return next((verb for verb in VERBS if verb.name == name), None)


def unknown(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, [verb.name for verb in VERBS], n=1, cutoff=0.5)
    meant = f'; did you mean "{close[0]}"?' if close else ""
    return f'there is no command "{name}"{meant} ("weir help" lists them)'


def print_help(arguments: list[str]) -> int:
    """``weir help`` lists the verbs, ``weir help VERB`` is ``weir VERB --help``."""
    if arguments and arguments[0] != "help":
        return dispatch([arguments[0], "--help"])
    print("Weir, an API gateway. Usage: weir COMMAND [ARGUMENTS]\n")
    for verb in VERBS:
        print(f"  {verb.name:<12}{verb.help}")
    print('\n"weir help COMMAND" says more. Start with: weir up')
    return FINE


def explain_crash(arguments: list[str], error: Exception) -> int:
    """A mistake of ours, or of the machine, that no verb foresaw."""
    if os.environ.get("WEIR_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    name = f"weir {arguments[0]}" if arguments else "weir"
    message = " ".join(str(error).split())[:500] or "no message"
    if isinstance(error, OSError):
        print(f"{name}: {message}", file=sys.stderr)
        return BAD_INPUT
    kind = type(error).__name__
    print(
        f"{name}: unexpected {kind}: {message}; WEIR_DEBUG=1 shows where, please report it", file=sys.stderr
    )
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
