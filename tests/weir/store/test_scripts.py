from __future__ import annotations

import ast
import re
from importlib import resources
from pathlib import Path

import pytest

import weir.store
from tests.support.servers import RunningServer
from weir.store.connect import Client
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.scripts import run_script, script

SOURCES = Path(weir.store.__file__).parent
NAMES = sorted(
    path.name.removesuffix(".lua") for path in resources.files("weir.store").joinpath("lua").iterdir()
)


def calls() -> list[tuple[str, frozenset[str]]]:
    """Every ``run_script(session, "name", …)`` and ``script_call("name", …)`` in the store's sources, with its
    keywords."""
    found = []
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"run_script", "script_call"}
            ):
                name = node.args[-1]
                assert isinstance(name, ast.Constant), (
                    f"{path.name}: the script's name must stand in the call"
                )
                found.append((str(name.value), frozenset(str(keyword.arg) for keyword in node.keywords)))
    return found


def test_every_script_is_called_and_every_call_uses_the_names_of_the_header() -> None:
    called = calls()
    assert sorted({name for name, _ in called}) == NAMES
    for name, keywords in called:
        assert keywords == script(name).parameters(), name


@pytest.mark.parametrize("name", NAMES)
def test_the_script_reads_its_keys_and_arguments_in_the_order_of_its_header(name: str) -> None:
    read = script(name)
    body = " ".join(line for line in read.source.splitlines() if not line.startswith("--"))
    flat = " ".join(body.split())
    assert f"local {', '.join(read.keys)} = unpack(KEYS)" in flat
    last = f", 1, {len(read.arguments)}" if read.rest else ""
    assert f"local {', '.join(read.arguments)} = unpack(ARGV{last})" in flat
    if read.rest:
        assert f"at = {len(read.arguments) + 1}" in flat
        assert "#ARGV" in flat


@pytest.mark.parametrize("name", NAMES)
def test_no_script_builds_a_key_or_asks_another_clock(name: str) -> None:
    read = script(name)
    assert "KEYS[" not in read.source
    assert "weir:" not in read.source
    assert "os.time" not in read.source
    # The first argument of every command is a declared key; TIME and INFO have none, PUBLISH names a channel.
    commands = [part.split(")")[0] for part in read.source.split("call(")[1:]]
    for command in commands:
        verb, _, rest = command.partition(",")
        first = rest.strip().split(",")[0].strip()
        if table := re.fullmatch(r"unpack\((\w+)", first):
            # Arguments that were gathered in a table, whose first is the key.
            first = re.findall(rf"\b{table[1]}\b[^{{}}\n]*= [^{{}}\n]*{{(\w+)", read.source)[0]
        if over := re.search(rf"for _, {first} in ipairs\({{([\w, ]+)}}\)", read.source):
            assert set(over[1].split(", ")) <= set(read.keys), command
            continue
        assert verb in {"'TIME'", "'PUBLISH'", "'INFO'"} or first in read.keys, command


def test_a_call_with_other_names_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TypeError, match="noeds"):
        script("announce").command({"noeds": "a", "node": "b", "forget_ms": 1, "most": 1})
    with pytest.raises(TypeError, match="not a list"):
        script("announce").command({"nodes": ["a"], "node": "b", "forget_ms": 1, "most": 1})


def test_a_server_that_forgot_the_script_gets_it_again(
    client: Client, server: RunningServer, keys: Keys
) -> None:
    for _ in range(2):
        server.admin().script_flush()
        with client.session(keys.nodes()) as session:
            assert run_script(session, "live_nodes", nodes=keys.nodes(), within_ms=1, limit=0) == [0, []]


def test_an_error_inside_a_script_is_told_and_not_taken_for_a_missing_script(
    client: Client, keys: Keys
) -> None:
    client.call("SET", keys.nodes(), "no sorted set")
    with client.session(keys.nodes()) as session, pytest.raises(StoreError, match="WRONGTYPE"):
        run_script(session, "live_nodes", nodes=keys.nodes(), within_ms=1, limit=0)
