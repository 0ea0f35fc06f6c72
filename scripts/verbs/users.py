"""``weir user``: people who sign in at ``weir auth``. Passwords are typed or piped in, never an argument."""

from __future__ import annotations

import argparse

from scripts.actions import Action, actions_parser, add_yes, agreed, run_action, said, words
from scripts.api_command import show_json
from scripts.terminal.asking import new_password
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import ago, now_ms
from scripts.terminal.tables import cut, printable, table
from weir.api.users import NewUser, RevokedSessions, User, UserBody, UsersQuery
from weir.client.client import Client

HELP = "list, create, change and remove users of weir auth; set passwords, end sessions"


def run(arguments: list[str]) -> int:
    """0 done, 1 not confirmed, 2 refused, 4 somebody else changed it meanwhile."""
    return run_action("user", parser(), ACTIONS, arguments)


def parser() -> argparse.ArgumentParser:
    return actions_parser("user", "Users: people who sign in at weir auth.", ACTIONS)


def list_all(client: Client, options: argparse.Namespace) -> int:
    users = tuple(client.users.every(UsersQuery(limit=500, q=options.find)))
    if options.json:
        show_json({"items": users})
    else:
        now = now_ms()
        headings = ("NAME", "DISPLAY NAME", "E-MAIL", "SCOPES", "STATE", "CREATED")
        print(table(headings, [row(user, now) for user in users]))
    return FINE


def row(user: User, now: int) -> tuple[str, ...]:
    return (
        user.name,
        cut(user.display_name, 30),
        cut(user.email, 40),
        "all" if user.scopes is None else cut(" ".join(user.scopes), 40) or "none",
        "disabled" if user.disabled else "active",
        ago(user.created_ms, now),
    )


def create(client: Client, options: argparse.Namespace) -> int:
    new = NewUser(
        name=options.name,
        display_name=options.display_name or "",
        email=options.email or "",
        scopes=None if options.scopes is None else words(options.scopes),
        password=new_password(),
    )
    user = client.users.create(new)
    return said(options, user, f"user {user.name} is there")


def show(client: Client, options: argparse.Namespace) -> int:
    user = client.users.get(options.name)
    if options.json:
        show_json(user)
    else:
        print("\n".join(lines(user, now_ms())))
    return FINE


def lines(user: User, now: int) -> list[str]:
    facts = [
        ("user", f"{user.name} ({user.display_name})" if user.display_name else user.name),
        ("state", "disabled: cannot sign in" if user.disabled else "active"),
        ("e-mail", user.email or "none"),
        ("scopes", "whatever an application may" if user.scopes is None else " ".join(user.scopes) or "none"),
        ("created", f"{ago(user.created_ms, now)} by {user.created_by}"),
    ]
    return [f"{name:<9}{printable(text)}" for name, text in facts]


def change(client: Client, options: argparse.Namespace) -> int:
    """Only what is said; what somebody else changes at the same time makes this one stale."""
    before = client.users.get(options.name)
    scopes = before.scopes if options.scopes is None else words(options.scopes)
    body = UserBody(
        display_name=before.display_name if options.display_name is None else options.display_name,
        email=before.email if options.email is None else options.email,
        scopes=None if options.all_scopes else scopes,
        disabled=(before.disabled or options.disable) and not options.enable,
    )
    user = client.users.replace(options.name, body, if_match=before.etag)
    return said(options, user, f"user {user.name} is changed")


def password(client: Client, options: argparse.Namespace) -> int:
    ended = client.users.set_password(options.name, new_password())
    return said(options, ended, f"user {options.name} has this password now; {ended_text(ended)}")


def revoke_sessions(client: Client, options: argparse.Namespace) -> int:
    ended = client.users.revoke_sessions(options.name)
    return said(options, ended, f"user {options.name} is signed out; {ended_text(ended)}")


def ended_text(ended: RevokedSessions) -> str:
    return f"{ended.sessions} sessions and {ended.grants} grants to applications ended"


def remove(client: Client, options: argparse.Namespace) -> int:
    user = client.users.get(options.name)
    if not agreed(options, f"Remove the user {user.name} and end what applications were granted?"):
        return FINDINGS
    client.users.delete(user.name, if_match=user.etag)
    return said(options, {"removed": user.name}, f"user {user.name} is removed")


# Arguments


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--find", default="", metavar="TEXT", help="only those with this in name or address")


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="with which they sign in")


def _add_fields(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--display-name", metavar="TEXT", help="how they are called")
    parser.add_argument("--email", metavar="ADDRESS", help="applications see it where it was granted")
    parser.add_argument(
        "--scopes", metavar="WORDS", help="what applications may be granted at most, with spaces between"
    )


def _add_change(parser: argparse.ArgumentParser) -> None:
    _add_fields(parser)
    parser.add_argument("--all-scopes", action="store_true", help="whatever an application may")
    parser.add_argument("--disable", action="store_true", help="cannot sign in, and is signed out everywhere")
    parser.add_argument("--enable", action="store_true", help="may sign in again")


def _add_removal(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    add_yes(parser)


ACTIONS = (
    Action("list", "names, addresses, states", "Lists users.", list_all, _add_filters),
    Action(
        "create",
        "make one",
        "Asks for a password (or reads it from standard input) and makes a user.",
        create,
        _add_fields,
    ),
    Action("show", "what is known of one", "Shows what is known of a user.", show, _add_name),
    Action("set", "change one", "Changes what is said, and leaves the rest.", change, _add_change),
    Action(
        "password",
        "set another password",
        "Asks for a password (or reads it from standard input), sets it, and ends all sessions.",
        password,
        _add_name,
    ),
    Action(
        "revoke-sessions",
        "sign one out everywhere",
        "Ends all sessions of a user and what applications were granted.",
        revoke_sessions,
        _add_name,
    ),
    Action("remove", "remove one", "Removes a user and ends all sessions.", remove, _add_removal),
)
