"""``weir consumer``: who calls the APIs behind the gateway, with their basic logins and HMAC keys."""

from __future__ import annotations

import argparse
import sys

from scripts.actions import Action, actions_parser, add_yes, agreed, run_action, said, seconds, words
from scripts.api_command import show_json
from scripts.terminal.asking import new_password
from scripts.terminal.exit_codes import FINDINGS, FINE
from scripts.terminal.moments import ago, now_ms
from scripts.terminal.tables import cut, printable, table
from scripts.verbs.keys import HEADINGS, row, until
from weir.api.auth_values import MAX_LIFE_S
from weir.api.basic_logins import BasicLogin
from weir.api.consumers import Consumer, ConsumerBody, ConsumersQuery
from weir.api.hmac_keys import HmacKey, NewHmacKey
from weir.api.keys import Key
from weir.client.client import Client

HELP = "list, create, change and remove consumers: who calls, with which tags and scopes"

LOGIN_HEADINGS = ("USER NAME", "PASSWORD SET", "LAST USED")
HMAC_HEADINGS = ("HMAC KEY", "CREATED", "ENDS", "LAST USED", "STATE")


def run(arguments: list[str]) -> int:
    """0 done, 1 not confirmed, 2 refused, 4 somebody else changed it meanwhile."""
    return run_action("consumer", parser(), ACTIONS, arguments)


def parser() -> argparse.ArgumentParser:
    return actions_parser(
        "consumer", "Consumers: who calls the APIs behind the gateway, and what they may.", ACTIONS
    )


def list_all(client: Client, options: argparse.Namespace) -> int:
    query = ConsumersQuery(limit=500, q=options.find, tag=options.tag or None)
    consumers = tuple(client.consumers.every(query))
    if options.json:
        show_json({"items": consumers})
    else:
        headings = ("NAME", "TAGS", "SCOPES", "STATE", "CREATED", "DESCRIPTION")
        now = now_ms()
        print(table(headings, [consumer_row(consumer, now) for consumer in consumers]))
    return FINE


def consumer_row(consumer: Consumer, now: int) -> tuple[str, ...]:
    return (
        consumer.name,
        cut(" ".join(consumer.tags), 30),
        cut(" ".join(consumer.scopes), 40),
        "disabled" if consumer.disabled else "active",
        ago(consumer.created_ms, now),
        cut(consumer.description, 40),
    )


def create(client: Client, options: argparse.Namespace) -> int:
    body = ConsumerBody(
        tags=words(options.tags or ""),
        scopes=words(options.scopes or ""),
        description=options.description or "",
        disabled=options.disable,
    )
    consumer = client.consumers.create(options.name, body)
    return said(
        options, consumer, f"consumer {consumer.name} is there; next: weir key create {consumer.name}"
    )


def change(client: Client, options: argparse.Namespace) -> int:
    """Only what is said; what somebody else changes at the same time makes this one stale."""
    before = client.consumers.get(options.name)
    body = ConsumerBody(
        tags=before.tags if options.tags is None else words(options.tags),
        scopes=before.scopes if options.scopes is None else words(options.scopes),
        description=before.description if options.description is None else options.description,
        disabled=(before.disabled or options.disable) and not options.enable,
    )
    consumer = client.consumers.replace(options.name, body, if_match=before.etag)
    return said(options, consumer, f"consumer {consumer.name} is changed")


def remove(client: Client, options: argparse.Namespace) -> int:
    consumer = client.consumers.get(options.name)
    keys = sum(1 for _ in client.keys.every_of(consumer.name))
    if not agreed(options, f"Remove the consumer {consumer.name} with its {keys} keys, and its logins?"):
        return FINDINGS
    client.consumers.delete(consumer.name, if_match=consumer.etag)
    return said(options, {"removed": consumer.name}, f"consumer {consumer.name} is removed")


def show(client: Client, options: argparse.Namespace) -> int:
    consumer = client.consumers.get(options.name)
    keys = tuple(client.keys.every_of(consumer.name))
    logins = tuple(client.consumers.basic_logins(consumer.name))
    shared = tuple(client.consumers.hmac_keys(consumer.name))
    if options.json:
        show_json({"consumer": consumer, "keys": keys, "basic_logins": logins, "hmac_keys": shared})
    else:
        print("\n".join(lines(consumer, keys, logins, shared, now_ms())))
    return FINE


def lines(
    consumer: Consumer,
    keys: tuple[Key, ...],
    logins: tuple[BasicLogin, ...],
    shared: tuple[HmacKey, ...],
    now: int,
) -> list[str]:
    facts = [
        ("consumer", consumer.name),
        ("state", "disabled: none of its credentials is accepted" if consumer.disabled else "active"),
        ("tags", " ".join(consumer.tags) or "none"),
        ("scopes", " ".join(consumer.scopes) or "none"),
        ("created", f"{ago(consumer.created_ms, now)} by {consumer.created_by}"),
        *([("about", consumer.description)] if consumer.description else []),
    ]
    found = [f"{name:<10}{printable(text)}" for name, text in facts]
    if keys:
        found += ["", table(HEADINGS, [row(key, now) for key in keys])]
    if logins:
        found += ["", table(LOGIN_HEADINGS, [login_row(login, now) for login in logins])]
    if shared:
        found += ["", table(HMAC_HEADINGS, [hmac_row(key, now) for key in shared])]
    return found


def login_row(login: BasicLogin, now: int) -> tuple[str, ...]:
    return login.username, ago(login.created_ms, now), used(login.last_used_ms, now)


def hmac_row(key: HmacKey, now: int) -> tuple[str, ...]:
    ends = until(key.expires_ms, now)
    return key.id, ago(key.created_ms, now), ends, used(key.last_used_ms, now), key.state


def used(last_used_ms: int, now: int) -> str:
    return ago(last_used_ms, now) if last_used_ms else "never"


def password(client: Client, options: argparse.Namespace) -> int:
    """Typed, or piped in: others on the machine can see arguments."""
    if options.remove:
        client.consumers.delete_basic_login(options.name, options.username)
        gone = {"removed": options.username, "consumer": options.name}
        return said(options, gone, f"{options.username} is removed")
    login = client.consumers.set_basic_login(options.name, options.username, new_password())
    return said(options, login, f"{login.username} of {login.consumer} has this password now")


def hmac(client: Client, options: argparse.Namespace) -> int:
    """The secret alone on standard output, so that it can go straight into a file or a variable."""
    if options.remove:
        client.consumers.revoke_hmac_key(options.name, options.remove)
        return said(options, {"revoked": options.remove}, f"HMAC key {options.remove} is revoked")
    life = seconds(options.expires, 60, MAX_LIFE_S) if options.expires else 0
    made = client.consumers.create_hmac_key(options.name, NewHmacKey(expires_in_s=life))
    if options.json:
        show_json(made)
    else:
        print(made.secret)
        print(f"keyid {made.key.id}, of {made.key.consumer}. The secret is not shown again.", file=sys.stderr)
    return FINE


# Arguments


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of the consumer: small letters, digits, . _ -")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tag", default="", help="only those with this tag")
    parser.add_argument(
        "--find", default="", metavar="TEXT", help="only those with this in name or description"
    )


def _add_fields(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--tags", metavar="WORDS", help='with spaces between them, such as "gold eu"')
    parser.add_argument(
        "--scopes", metavar="WORDS", help="what its credentials may, with spaces between them"
    )
    parser.add_argument("--description", metavar="TEXT", help="for people")
    parser.add_argument("--disable", action="store_true", help="none of its credentials is accepted")


def _add_change(parser: argparse.ArgumentParser) -> None:
    _add_fields(parser)
    parser.add_argument("--enable", action="store_true", help="its credentials are accepted again")


def _add_removal(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    add_yes(parser)


def _add_password(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument(
        "username", metavar="USER", help="what stands before the colon; belongs to one consumer"
    )
    parser.add_argument("--remove", action="store_true", help="remove this login instead")


def _add_hmac(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument(
        "--expires", default="", metavar="TIME", help="how long it will be good (default: without end)"
    )
    parser.add_argument("--remove", default="", metavar="ID", help="revoke this one instead")


ACTIONS = (
    Action("list", "names, tags, scopes", "Lists consumers.", list_all, _add_filters),
    Action("create", "make one", "Makes a consumer.", create, _add_fields),
    Action("show", "one with its credentials", "Shows a consumer and its credentials.", show, _add_name),
    Action("set", "change one", "Changes what is said, and leaves the rest.", change, _add_change),
    Action(
        "remove",
        "remove one with its credentials",
        "Removes a consumer with its keys, basic logins and HMAC keys.",
        remove,
        _add_removal,
    ),
    Action(
        "password",
        "give one a basic login, or another password",
        "Asks for a password (or reads it from standard input) and sets it for rules that require basic.",
        password,
        _add_password,
    ),
    Action(
        "hmac",
        "make a shared secret for signatures",
        "Makes an HMAC key for rules that require hmac and prints its secret, this once.",
        hmac,
        _add_hmac,
    ),
)
