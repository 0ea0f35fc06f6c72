"""Command line and environment → checked values; a flag wins over its variable, that over the default.

An empty variable counts as not set, as compose files and manifests produce them. ``<VARIABLE>_FILE`` names a file that
has the value, for what nobody should see in an environment. Every mistake is one sentence (``SettingsError``), which
the command prints before it ends with exit code 2.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from weir.settings.setting import Process, Setting
from weir.settings.table import settings_of

MAX_FILE = 65_536
"""Characters of a file that has a value."""


class SettingsError(Exception):
    """A command line or a variable is wrong; the text is one sentence for a person."""


def told(variables: Mapping[str, str]) -> dict[str, str]:
    """For a child: these variables, and that no file says otherwise, whatever its parent was told."""
    return {**variables, **{f"{name}_FILE": "" for name in variables}}


class Parser(argparse.ArgumentParser):
    """argparse that raises ``SettingsError`` where it would print its usage and end the process."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message} (see {self.prog} --help)")


def parser_for(process: Process, prog: str, description: str) -> Parser:
    """A parser with the settings of ``process``; a command adds its own arguments to it."""
    parser = Parser(prog=prog, description=description, allow_abbrev=False)
    add_settings(parser, settings_of(process))
    return parser


def add_settings(parser: argparse.ArgumentParser, settings: Sequence[Setting]) -> None:
    """One flag for each setting, still text: ``read_values`` checks it and says what is wrong where."""
    for setting in settings:
        default = setting.default_text or setting.default
        text = f"{setting.help} Default: {default}. Variable: {setting.variable}".replace("%", "%%")
        if setting.is_switch:
            parser.add_argument(setting.flag, action="store_const", const="1", help=text)
        else:
            parser.add_argument(
                setting.flag,
                action="append" if setting.repeatable else "store",
                metavar=setting.placeholder,
                help=text,
            )


def read_values(
    settings: Sequence[Setting], parsed: argparse.Namespace, environ: Mapping[str, str]
) -> dict[str, Any]:
    """Name → checked value for every setting; None where nothing was said and there is no default.

    Raises ``SettingsError`` at the first text that cannot be understood.
    """
    return {setting.name: _value(setting, getattr(parsed, setting.name), environ) for setting in settings}


def read_settings(
    process: Process, prog: str, description: str, argv: Sequence[str], environ: Mapping[str, str]
) -> dict[str, Any]:
    """``parser_for`` and ``read_values`` in one step, for a process without arguments of its own."""
    parsed = parser_for(process, prog, description).parse_args(argv)
    return read_values(settings_of(process), parsed, environ)


def _value(setting: Setting, given: str | list[str] | None, environ: Mapping[str, str]) -> Any:
    source, texts = _texts(setting, given, environ)
    if texts is None:
        return None
    try:
        values = tuple(setting.parse(text) for text in texts)
    except ValueError as error:
        raise SettingsError(f"{source or setting.flag}: {error}") from None
    return values if setting.repeatable else values[0]


def _texts(
    setting: Setting, given: str | list[str] | None, environ: Mapping[str, str]
) -> tuple[str, list[str] | None]:
    """Where the value comes from, and its texts; None where nothing was said and there is no default."""
    if given is not None:
        return setting.flag, given if isinstance(given, list) else [given]
    if text := _said_by(setting, environ):
        return setting.variable, text.replace(",", " ").split() if setting.repeatable else [text]
    return "", None if setting.default is None else [setting.default]


def _said_by(setting: Setting, environ: Mapping[str, str]) -> str:
    """The variable, or the file that its other form names. Raises SettingsError."""
    text, name = environ.get(setting.variable, "").strip(), f"{setting.variable}_FILE"
    path = environ.get(name, "").strip()
    if not path:
        return text
    if text:
        raise SettingsError(f"{setting.variable} and {name} are both set")
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(MAX_FILE + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {path} cannot be read: {error}") from None
    if len(text) > MAX_FILE:
        raise SettingsError(f"{name}: {path} has more than {MAX_FILE} characters")
    return text
