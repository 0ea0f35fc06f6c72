"""Which process may do what: the table against the keys, what is said of them, and the scripts."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from weir.store.keys import Keys
from weir.store.record_kinds import BASICS, CLIENTS, CONSUMERS, HMACS, INITIALS, ISSUERS, USERS
from weir.store.record_kinds import KEYS as API_KEYS
from weir.store.roles import COMMANDS, DATA_COMMANDS, KEYS, RECORDS
from weir.store.scripts import commands_of

LUA = Path(inspect.getfile(Keys)).parent / "lua"
NAMES = [
    name for name, member in vars(Keys).items() if inspect.isfunction(member) and not name.startswith("_")
]
READERS = {"agents": "edge", "auth": "auth"}


def test_every_key_has_its_row() -> None:
    assert sorted(KEYS) == sorted(set(NAMES) - {"wake", "records", "record_index"})
    kinds = (CONSUMERS, API_KEYS, BASICS, HMACS, CLIENTS, USERS, ISSUERS, INITIALS)
    assert sorted(RECORDS) == sorted(kind.name for kind in kinds)


@pytest.mark.parametrize("name", KEYS)
def test_who_is_said_to_read_or_write_a_key_may(name: str) -> None:
    text = " ".join((inspect.getdoc(getattr(Keys, name)) or "").split())
    for said in re.findall(r"(Readers?|Writers?|Writers? and readers?): ([^.]*)\.", text):
        for word, role in READERS.items():
            if re.search(rf"\b{word}\b", said[1]):
                mode = KEYS[name].get(role, "")
                assert mode == "rw" if said[0].startswith("Writer") else mode, f"{role} and {name}"


def test_everybody_may_send_what_scripts_call() -> None:
    called = {name.lower() for path in LUA.glob("*.lua") for name in commands_of(path.read_text())}
    assert called - {"info", "publish"} <= set(DATA_COMMANDS)
    assert all("info" in COMMANDS[role] for role in ("edge", "admin", "auth"))


def test_nobody_may_do_what_a_gateway_never_does() -> None:
    never = {
        "acl",
        "config",
        "debug",
        "flushall",
        "flushdb",
        "keys",
        "module",
        "monitor",
        "replicaof",
        "shutdown",
        "swapdb",
    }
    for names in COMMANDS.values():
        assert not never & {name.partition("|")[0] for name in names}
    assert "publish" not in COMMANDS["edge"]
