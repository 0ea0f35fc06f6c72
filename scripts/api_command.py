"""The frame of every command that speaks to the admin API: its flags, its client, and what an error becomes.

Errors are one sentence on standard error, with what to do next; ``--json`` adds the API's own words on standard output.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from scripts.access_flags import DEFAULT_STATE, add_access
from scripts.rule_files import Unreadable, read_text
from scripts.terminal.exit_codes import AWAY, BAD_INPUT, CONFLICT
from scripts.terminal.moments import ago, now_ms
from scripts.terminal.tables import printable
from weir.api.problem import Winner
from weir.client.access import Access, NoAccess, find
from weir.client.client import Client
from weir.client.errors import ApiError, Away, NotAllowed, OutcomeUnknown, Refused, Stale

Act: TypeAlias = Callable[[Client, argparse.Namespace], int]

WAIT_S = 150.0
"""For one answer: a file of 100 000 rules is checked and compared in a minute or two."""


class Mistake(Exception):
    """Something that was typed, or is set up, is wrong; one sentence."""


def api_parser(verb: str, description: str, *, json: bool = True) -> argparse.ArgumentParser:
    """A parser with what all of these commands take; the command adds its own."""
    parser = argparse.ArgumentParser(
        prog=f"weir {verb}", description=description[0].upper() + description[1:] + "."
    )
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON, in the shapes of the admin API")
    add_access(parser)
    return parser


def with_api(verb: str, options: argparse.Namespace, act: Act) -> int:
    """Calls ``act`` with a client and turns everything that can go wrong into a sentence and an exit code.

    Of ``options``, ``source`` is the name of the file that is sent, and ``without`` what can be done without an API.
    """
    try:
        access = access_of(options, os.environ)
        try:
            client = Client.at(access, timeout_s=WAIT_S)
        except ValueError as error:
            raise Mistake(str(error)) from error
        with client:
            return act(client, options)
    except ApiError as error:
        if isinstance(error, Refused) and getattr(options, "json", False):
            print(msgspec.json.encode({"problem": error.problem}).decode())
        say(verb, *sentences(error, getattr(options, "source", "")))
        return code_of(error)
    except NoAccess as error:
        say(verb, f"{error}{getattr(options, 'without', '')}")
        return BAD_INPUT
    except (Mistake, Unreadable) as error:
        say(verb, str(error))
        return BAD_INPUT


def access_of(options: argparse.Namespace, environ: Mapping[str, str]) -> Access:
    token = options.token or token_in(options.token_file)
    state = Path(options.state or environ.get("WEIR_STATE", "").strip() or DEFAULT_STATE)
    try:
        return find(environ, url=options.url, token=token, ca=options.ca, state=state)
    except ValueError as error:
        raise Mistake(str(error)) from error


def token_in(file: str) -> str:
    """The first line of a file; ``-`` is standard input."""
    if not file:
        return ""
    lines = read_text(file).strip().splitlines()
    if not lines:
        raise Mistake(f"{file} holds no token")
    return lines[0].strip()


def say(verb: str, *lines: str) -> None:
    first, *rest = lines
    print(f"weir {verb}: {printable(first)}", *(printable(line) for line in rest), sep="\n", file=sys.stderr)


def code_of(error: ApiError) -> int:
    match error:
        case Away() | OutcomeUnknown():
            return AWAY
        case Stale():
            return CONFLICT
    return BAD_INPUT


def sentences(error: ApiError, source: str = "") -> list[str]:
    """What happened, and what to do next; ``source`` is the file that was sent."""
    match error:
        case Away():
            return [
                hinted(
                    error, "is it running? weir up starts one, --url names another, weir doctor looks closer"
                )
            ]
        case OutcomeUnknown():
            if not (error.check or error.publish_id):
                return [hinted(error, "look before doing it again (list, show)")]
            return [hinted(error, f"look with: weir versions {error.check or ''}".rstrip())]
        case Stale():
            return [str(error), *winner_lines(error.winner), *error.difference.splitlines()]
        case NotAllowed() if error.status == 401:
            return [hinted(error, "give another token with weir login, --token-file or WEIR_TOKEN")]
        case NotAllowed():
            return [hinted(error, "weir status says who you are")]
        case Refused():
            return [str(error), *(found.text(source) for found in error.problem.errors)]
    return [str(error)]


def hinted(error: ApiError, hint: str) -> str:
    """One sentence; the API's own words end with a full stop."""
    return f"{str(error).rstrip('.')}; {hint}"


def winner_lines(winner: Winner | None) -> list[str]:
    if winner is None:
        return []
    why = f': "{winner.message}"' if winner.message else ""
    who = winner.author or "somebody"
    return [f"{who} published version {winner.number} {ago(winner.time_ms, now_ms())}{why}"]


def show_json(result: object) -> None:
    print(msgspec.json.encode(result).decode())
