"""docs/command-line.md, made from the commands' own parsers by ``make docs``."""

from __future__ import annotations

import argparse

from scripts.main import VERBS, Verb
from scripts.parsers import actions_of, flags_of, parser_of, places_of, sentence, takes_settings, takes_value

HEAD = """\
# The command line

<!-- Generated: make docs -->

`weir COMMAND --help` says the same as this page. A first tour is in the [tutorial](admin-tutorial.md).

## Which admin API

Commands that speak to a running gateway find its admin API by the first of these:

1. `--url` and `--token` (or `--token-file`; arguments can be seen by others on the machine),
2. the variables `WEIR_ADMIN_URL` and `WEIR_TOKEN`,
3. what `weir login` saved in `$XDG_CONFIG_HOME/weir/login.json` (readable by you alone),
4. the state directory (`--state`, `WEIR_STATE`, else `.weir`) of a `weir up` on this machine, with the token that it
   made.

A saved token only ever goes to the address that it was saved for, redirects are not followed and proxies of the
environment are not used. The certificate of an https address must be trusted by the system, or by the authority that
`--ca` names.

## Exit codes

| code | meaning |
|---|---|
| 0 | done, nothing found, nothing differs |
| 1 | a finding, a difference, no rule for the request; not confirmed; a node did not follow in time |
| 2 | wrong input or set-up: what was typed, the file, the token, the role |
| 3 | the server or its store is away, or did not say whether a change was made |
| 4 | somebody else changed it first; what they changed is shown |
| 130 | Ctrl-C |

## For scripts

`--json` prints the API's own words on standard output, and nothing else there; of a refusal `{"problem": …}`, as
problem+json. What people are to read goes to standard error. Every command has it, but those that run until they are
stopped (their addresses are in `run.json` of the state directory), `schema`, which is JSON, and `completion`, which is
a shell's. Whatever asks a question refuses to guess where standard
input is no terminal: `--yes` is the answer for scripts. `NO_COLOR` is respected, and text that clients of the gateway
chose cannot command your terminal. What takes longer than a second says so on a terminal, and nowhere else.

A read is repeated for a second where nobody answers. So is a publish: it carries an identity of its own, so that a
repetition cannot publish twice. If its outcome stays unknown, the exit code is 3 and the message says where to look.

## Completion

`eval "$(weir completion bash)"` in `~/.bashrc`, `eval "$(weir completion zsh)"` in `~/.zshrc` after `compinit`,
`weir completion fish | source` in `config.fish`.

## Commands
"""


def page() -> str:
    rows = "\n".join(f"| [`weir {verb.name}`](#weir-{verb.name}) | {verb.help} |" for verb in VERBS)
    parts = [part for verb in VERBS for part in section(verb)]
    return f"{HEAD}\n| command | what it does |\n|---|---|\n{rows}\n\n" + "\n".join(parts)


def section(verb: Verb) -> list[str]:
    parser = parser_of(verb)
    lines = [f"### weir {verb.name}", ""]
    if takes_settings(verb):
        return [*lines, f"{sentence(verb.help)} Its flags are [settings](settings.md).", ""]
    lines += [described(parser), "", "```", usage(parser), "```", "", *flag_table(parser)]
    for action in actions_of(parser).values():
        lines += [f"`{usage(action)}`: {described(action)}", "", *flag_table(action)]
    return lines


def described(parser: argparse.ArgumentParser) -> str:
    return sentence(" ".join((parser.description or "").split()))


def usage(parser: argparse.ArgumentParser) -> str:
    """Flags are in the table below; argparse's own text depends on the terminal's width and on Python's version."""
    places = [" | ".join(actions_of(parser))] if actions_of(parser) else []
    places += [place_text(place) for place in places_of(parser)]
    flags = ["[FLAGS]"] if len(flags_of(parser)) > 1 else []
    return " ".join([parser.prog, *places, *flags])


def place_text(place: argparse.Action) -> str:
    name = place.metavar if isinstance(place.metavar, str) else ""
    name = name or (" | ".join(map(str, place.choices)) if place.choices else place.dest.upper())
    return {"?": f"[{name}]", "*": f"[{name}]", "+": f"{name}…"}.get(str(place.nargs or ""), name)


def flag_table(parser: argparse.ArgumentParser) -> list[str]:
    """Without those that all commands of the API share, which stand at the top of the page."""
    shared = {"--url", "--token", "--token-file", "--ca", "--state", "--help"}
    rows = [
        f"| {names(flag)} | {help_of(parser, flag)} |"
        for flag in flags_of(parser)
        if not shared.intersection(flag.option_strings)
        or (flag.dest == "state" and parser.prog == "weir adopt")
    ]
    rows = [
        *(
            f"| `{place_text(place)}` | {help_of(parser, place)} |"
            for place in places_of(parser)
            if place.help
        ),
        *rows,
    ]
    return ["| argument | what it is |", "|---|---|", *rows, ""] if rows else []


def names(flag: argparse.Action) -> str:
    value = ""
    if takes_value(flag):
        chosen = "|".join(str(choice) for choice in flag.choices) if flag.choices else ""
        value = " " + (chosen or (flag.metavar if isinstance(flag.metavar, str) else flag.dest.upper()))
    return ", ".join(f"`{name}{value}`" for name in flag.option_strings).replace("|", "\\|")


def help_of(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    values = {**vars(action), "prog": parser.prog}
    return ((action.help or "") % values).replace("|", "\\|")
