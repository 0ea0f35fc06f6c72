"""``weir completion``: completion for a shell, made from the commands' own parsers."""

from __future__ import annotations

import argparse
import shlex
from typing import NamedTuple

from scripts.main import VERBS
from scripts.parsers import actions_of, all_parsers, flags_of, places_of, takes_file, takes_value
from scripts.terminal.exit_codes import FINE

HELP = "print completion for bash, zsh or fish"
SHELLS = ("bash", "zsh", "fish")


class Words(NamedTuple):
    """What can follow a command; ``path`` is its name, and that of its action if it has any."""

    path: tuple[str, ...]
    flags: tuple[str, ...]
    """Long ones."""
    values: dict[str, tuple[str, ...]]
    """Of flags that take one of a few."""
    free: tuple[str, ...]
    """Flags that take any value."""
    words: tuple[str, ...]
    """Actions, or the choices of what stands without a flag."""
    files: bool


def run(arguments: list[str]) -> int:
    shell = parser().parse_args(arguments).shell
    table = [*words()]
    print({"bash": bash, "zsh": zsh, "fish": fish}[shell](table), end="")
    return FINE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="weir completion",
        description="Prints what a shell must read to complete weir: eval \"$(weir completion bash)\" in ~/.bashrc, "
        'eval "$(weir completion zsh)" in ~/.zshrc after compinit, weir completion fish | source in config.fish.',
    )  # fmt: skip
    made.add_argument("shell", choices=SHELLS)
    return made


def words() -> list[Words]:
    found: list[Words] = []
    for name, each in all_parsers().items():
        actions = actions_of(each)
        found.append(words_of((name,), each, tuple(actions)))
        found += [words_of((name, action), of_action) for action, of_action in actions.items()]
    return found


def words_of(path: tuple[str, ...], of: argparse.ArgumentParser, actions: tuple[str, ...] = ()) -> Words:
    flags = flags_of(of)
    choices = tuple(str(choice) for place in places_of(of) for choice in place.choices or ())
    return Words(
        path,
        tuple(long_name(flag) for flag in flags),
        {long_name(flag): tuple(str(choice) for choice in flag.choices) for flag in flags if flag.choices},
        tuple(
            name for flag in flags if takes_value(flag) and not flag.choices for name in flag.option_strings
        ),
        actions or choices,
        any(takes_file(action) for action in (*flags, *places_of(of))),
    )


def long_name(flag: argparse.Action) -> str:
    return max(flag.option_strings, key=len)


# The shells


def bash(table: list[Words]) -> str:
    cases = "\n".join(
        f"        {shlex.quote(' '.join(each.path))})\n"
        f'            flags="{" ".join(each.flags)}" words="{" ".join(each.words)}" free=" {" ".join(each.free)} " ;;'
        for each in table
    )
    values = "\n".join(
        f"        {shlex.quote(' '.join((*each.path, flag)))}) words={shlex.quote(' '.join(choices))} flags= ;;"
        for each in table
        for flag, choices in each.values.items()
    )
    return BASH.format(
        verbs=" ".join(verb.name for verb in VERBS),
        with_actions=" ".join(sorted({each.path[0] for each in table if len(each.path) == 2})),
        cases=cases,
        values=values or "        *) ;;",
    )


def zsh(table: list[Words]) -> str:
    """zsh reads bash's through its own emulation; COMP_WORDS and compgen are what it gives."""
    return "autoload -Uz bashcompinit && bashcompinit\n" + bash(table)


def fish(table: list[Words]) -> str:
    lines = ["complete -c weir -f"]
    for verb in VERBS:
        lines.append(f"complete -c weir -n __fish_use_subcommand -a {verb.name} -d {fish_text(verb.help)}")
    for each in table:
        when = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in each.path)
        start = f"complete -c weir -n {fish_text(when)}"
        for flag in each.flags:
            needs = " -r" if flag in each.free else ""
            chosen = f" -x -a {fish_text(' '.join(each.values[flag]))}" if flag in each.values else needs
            lines.append(f"{start} -l {flag.removeprefix('--')}{chosen}")
        if each.words:
            lines.append(f"{start} -a {fish_text(' '.join(each.words))}")
        if each.files:
            lines.append(f"{start} -F")
    return "\n".join(lines) + "\n"


def fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


BASH = """\
_weir() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
    local path="${{COMP_WORDS[1]}}" flags="" words="" free=" "
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "{verbs} help --version" -- "$word"))
        return
    fi
    [[ " {with_actions} " == *" $path "* && $COMP_CWORD -gt 2 ]] && path="$path ${{COMP_WORDS[2]}}"
    case "$path" in
{cases}
    esac
    case "$path $before" in
{values}
    esac
    if [[ $free == *" $before "* ]]; then
        COMPREPLY=($(compgen -f -- "$word"))
    elif [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$word"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -o bashdefault -F _weir weir
"""
