"""``weir secret``: the key ring: list its keys, rotate, hand out, check, and take keys out of use.

It works on the file itself, and (check, reseal, remove) on the store, because whether a key is still needed stands
there. It never prints a key.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from scripts.terminal.exit_codes import AWAY, BAD_INPUT, FINDINGS, FINE
from scripts.terminal.moments import ago, lasting_s, now_ms
from scripts.terminal.tables import table
from weir.secrets.errors import BadRing, SecretsError
from weir.secrets.ring import KeyRing, key_id
from weir.secrets.ring_file import EDGE_RING, PURPOSES, RING, RingKey, ensure_ring, write_ring
from weir.secrets.rotation import find, remove, rotate
from weir.settings.arguments import Parser, SettingsError, add_settings, read_values
from weir.settings.setting import Setting
from weir.settings.table import settings_of
from weir.store.connect import Client, connect
from weir.store.embedded import live_server
from weir.store.errors import StoreAway, StoreError
from weir.store.keys import Keys
from weir.store.sealed import Sealed, SealedPlaces

HELP = "list, rotate, hand out and check the keys that encrypt secrets"
OF_FILE = ("state", "secrets")
OF_STORE = ("state", "secrets", "redis", "cluster")
LONGEST_AFTER_S = 30 * 86_400
TIMEOUT_S = 10.0


class Mistake(Exception):
    """What was asked for cannot be; one sentence."""


class Given(NamedTuple):
    """What was typed, and which files and store it is about."""

    options: argparse.Namespace
    path: Path
    edge: Path
    """Where the edge's copy of the ring is, if ``weir up`` made one."""
    redis: str
    state: Path
    cluster: str


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without what is secret of it."""

    id: str
    purpose: str
    created_ms: int
    seals: bool
    """It is what its purpose is sealed with now; the others only open what they have sealed."""


Act = Callable[[Given], int]


def run(arguments: list[str]) -> int:
    """0 done, 1 something sealed does not open, or a key is still needed; 2 wrong arguments or ring; 3 store away."""
    acts: dict[str, Act] = {
        "create": create, "list": list_all, "rotate": rotate_keys, "export": export, "check": check,
        "reseal": reseal, "remove": remove_key,
    }  # fmt: skip
    try:
        options = parser().parse_args(arguments)
        return acts[options.action](given(options))
    except StoreAway as error:
        return fail(f"the store does not answer: {error}", AWAY)
    except (SettingsError, Mistake, SecretsError, StoreError) as error:
        return fail(str(error), BAD_INPUT)


def fail(sentence: str, code: int) -> int:
    print(f"weir secret: {sentence}", file=sys.stderr)
    return code


def parser() -> Parser:
    made = Parser(
        prog="weir secret",
        description="The key ring: what Weir must read again from the store or a node's disk is encrypted with it.",
        allow_abbrev=False,
    )
    actions = made.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, help_: str, settings: tuple[str, ...] = OF_FILE) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(
            name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", allow_abbrev=False
        )
        added.add_argument("--json", action="store_true", help="print JSON")
        add_settings(added, rows(settings))
        return added

    action("create", "make a key ring where there is none")
    action("list", "list the keys: ids, purposes, which of them seal")
    turn = action("rotate", "add a new key, which seals from now on; older ones still open what they sealed")
    turn.add_argument(
        "--purpose", action="append", choices=PURPOSES, help="which keys (default: all); can be said again"
    )
    turn.add_argument(
        "--after", default="0s", metavar="TIME",
        help="seal with it only after so long: time to hand the ring to every machine (default: %(default)s)",
    )  # fmt: skip
    out = action("export", "write the ring, or what an edge may have of it, into another file")
    out.add_argument(
        "--without", action="append", default=[], choices=PURPOSES, help="leave these out; can be said again"
    )
    out.add_argument("--to", required=True, metavar="FILE", help="the file, mode 600; it is replaced")
    action("check", "try to open everything that is sealed in the store", OF_STORE)
    action("reseal", "seal everything in the store with the newest keys", OF_STORE)
    less = action("remove", "take out a key that seals nothing any more", OF_STORE)
    less.add_argument("id", metavar="ID", help="as weir secret list shows it")
    return made


def rows(names: tuple[str, ...]) -> list[Setting]:
    found = {setting.name: setting for setting in settings_of("client") if setting.name in names}
    found["secrets"] = msgspec.structs.replace(
        found["secrets"], help="The key ring.", default_text=f"{RING} in the state directory"
    )
    return list(found.values())


def given(options: argparse.Namespace) -> Given:
    """Raises SettingsError."""
    names = OF_STORE if hasattr(options, "redis") else OF_FILE
    values: dict[str, Any] = read_values(rows(names), options, os.environ)
    state: Path = values["state"]
    return Given(
        options=options,
        path=values["secrets"] or state / RING,
        edge=state / EDGE_RING,
        redis=values.get("redis", ""),
        state=state,
        cluster=values.get("cluster", ""),
    )


# The file


def create(given: Given) -> int:
    if given.path.exists():
        raise Mistake(f"{given.path} is there already; `weir secret rotate` adds keys to it")
    return show(given, ensure_ring(given.path))


def list_all(given: Given) -> int:
    return show(given, KeyRing.read(given.path).every())


def show(given: Given, keys: tuple[RingKey, ...] | list[RingKey]) -> int:
    ring = KeyRing.read(given.path)
    shown = [
        ShownKey(
            id=key.id,
            purpose=key.purpose,
            created_ms=key.created_ms,
            seals=ring.newest(key.purpose).id == key.id,
        )
        for key in sorted(keys, key=lambda key: (key.purpose, -key.created_ms))
    ]
    if given.options.json:
        print_json({"file": str(given.path), "keys": shown})
        return FINE
    now = now_ms()
    lines = [(key.id, key.purpose, ago(key.created_ms, now), use_of(key, now)) for key in shown]
    print(table(("ID", "PURPOSE", "FROM", "USE"), lines))
    return FINE


def use_of(key: ShownKey, now: int) -> str:
    if key.seals:
        return "seals and opens"
    return "opens, not begun" if key.created_ms > now else "opens"


def rotate_keys(given: Given) -> int:
    after = seconds(given.options.after)
    purposes = given.options.purpose or sorted({key.purpose for key in KeyRing.read(given.path).every()})
    return show(given, rotate(given.path, purposes, now_ms() + after * 1000, given.edge))


def seconds(text: str) -> int:
    try:
        amount = lasting_s(text)
    except ValueError as error:
        raise Mistake(str(error)) from error
    if amount > LONGEST_AFTER_S:
        raise Mistake(f"{text} is longer than {LONGEST_AFTER_S // 86_400}d")
    return amount


def export(given: Given) -> int:
    target = Path(given.options.to)
    keys = [key for key in KeyRing.read(given.path).every() if key.purpose not in given.options.without]
    if not keys:
        raise Mistake("nothing would be left of the key ring")
    if target.exists() and target.samefile(given.path):
        raise BadRing(f"{target} is the key ring itself")
    write_ring(target, keys)
    if given.options.json:
        print_json({"file": str(target), "keys": len(keys)})
    else:
        print(f"{target} has {len(keys)} keys; it is for its owner only")
    return FINE


# The store


def check(given: Given) -> int:
    """What is sealed with a key that the ring lacks, or does not open."""
    ring = KeyRing.read(given.path)
    counts: dict[str, int] = {key.id: 0 for key in ring.every()}
    closed: list[str] = []
    with store_of(given) as places:
        for found in places.every():
            try:
                ring.open(found.purpose, found.data, found.bound)
                used = key_id(found.data)
                counts[used] = counts.get(used, 0) + 1
            except SecretsError as error:
                closed.append(f"{found.bound}: {error}")
    if given.options.json:
        print_json({"sealed": counts, "closed": closed})
        return FINDINGS if closed else FINE
    for line in closed:
        print(line)
    opened = sum(counts.values())
    print(f"of what is sealed in the store, {opened} opened with {given.path}, {len(closed)} did not")
    return FINDINGS if closed else FINE


def reseal(given: Given) -> int:
    """What does not open stays as it is, and the rest is sealed."""
    ring = KeyRing.read(given.path)
    done, closed = 0, []
    with store_of(given) as places:
        for found in places.every():
            try:
                if not is_newest(found, ring):
                    done += places.seal_again(found, ring)
            except SecretsError as error:
                closed.append(f"{found.bound}: {error}")
    if given.options.json:
        print_json({"resealed": done, "closed": closed})
        return FINDINGS if closed else FINE
    for line in closed:
        print(line)
    print(f"sealed again in the store: {done}")
    return FINDINGS if closed else FINE


def is_newest(found: Sealed, ring: KeyRing) -> bool:
    return key_id(found.data) == ring.newest(found.purpose).id


def remove_key(given: Given) -> int:
    ring = KeyRing.read(given.path)
    key = find(ring.every(), given.options.id, given.path)
    if ring.newest(key.purpose).id == key.id:
        raise Mistake(f"{key.id} is what {key.purpose} is sealed with; rotate first")
    with store_of(given) as places:
        using = sum(key_id(found.data) == key.id for found in places.every())
    if using:
        return fail(f"{key.id} seals {using} of what is in the store; run: weir secret reseal", FINDINGS)
    remove(given.path, key.id, given.edge)
    if given.options.json:
        print_json({"removed": key.id})
    else:
        print(f"the key {key.id} ({key.purpose}) is removed")
    return FINE


@contextmanager
def store_of(given: Given) -> Iterator[SealedPlaces]:
    """Of the address that was given, or the embedded one of the state directory."""
    client = connect(store_url(given), timeout_s=TIMEOUT_S)
    try:
        yield places_of(client, given.cluster)
    finally:
        client.close()


def store_url(given: Given) -> str:
    if given.redis:
        return given.redis
    server = live_server(given.state)
    if server is None:
        raise Mistake(
            f"no store was given and none runs with {given.state}: use --redis URL, or start weir up"
        )
    return server.url


def places_of(client: Client, cluster: str) -> SealedPlaces:
    return SealedPlaces(client, Keys(cluster))


def print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())
