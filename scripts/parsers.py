"""The argument parser of every command, without running it: for shell completion and the page of the command line."""

from __future__ import annotations

import argparse
import importlib
from typing import cast, get_args

from scripts.main import VERBS, Verb
from weir.settings.arguments import parser_for
from weir.settings.setting import Process


def parser_of(verb: Verb) -> argparse.ArgumentParser:
    """Processes take the settings of their name; every other command has a function ``parser``."""
    if takes_settings(verb):
        return parser_for(cast(Process, verb.name), f"weir {verb.name}", sentence(verb.help))
    parser: argparse.ArgumentParser = importlib.import_module(verb.module).parser()
    return parser


def takes_settings(verb: Verb) -> bool:
    """Settings called ``client`` are of commands that work on a store, and not of ``weir client``."""
    return verb.name in get_args(Process) and verb.name != "client"


def all_parsers() -> dict[str, argparse.ArgumentParser]:
    """By verb, in the order of the table."""
    return {verb.name: parser_of(verb) for verb in VERBS}


def actions_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of its actions (``weir token list``); empty for a command without any."""
    found = next(
        (action for action in parser._actions if isinstance(action, argparse._SubParsersAction)), None
    )
    return {} if found is None else dict(found.choices)


def flags_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.option_strings]


def places_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What stands without a flag."""
    return [
        action
        for action in parser._actions
        if not action.option_strings and not isinstance(action, argparse._SubParsersAction)
    ]


def takes_value(action: argparse.Action) -> bool:
    return action.nargs != 0


def takes_file(action: argparse.Action) -> bool:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    return "FILE" in metavar or "DIR" in metavar


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
