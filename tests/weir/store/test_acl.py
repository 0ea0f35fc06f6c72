"""Accounts of the store, with real servers: what each role needs goes, and what it should not do is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.servers import RunningServer, redis_binary, server_folder, start_server, valkey_binary
from weir.models.auth.records import ApiKey, Consumer, User
from weir.store.acl import patterns, rules, users_acl
from weir.store.connect import Client, connect
from weir.store.errors import StoreError
from weir.store.feed import Feed
from weir.store.keys import Keys
from weir.store.nodes import NodeRecord, Nodes
from weir.store.record_kinds import CONSUMERS, KEYS, USERS
from weir.store.records import Records
from weir.store.revoked import Revoked
from weir.store.roles import ROLES, Role
from weir.store.verifiers import Named, read_verifiers

PASSWORDS: dict[Role, str] = {"edge": "e-e", "admin": "a-a", "auth": "u-u"}
As = Callable[[Role], Client]


@pytest.fixture(scope="module", params=["valkey", "redis"])
def guarded(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """A server that knows nobody but the accounts, and a person who looks at it."""
    with server_folder() as folder:
        file = folder / "accounts"
        file.write_text(users_acl("test", PASSWORDS) + "user outsider on nopass ~* &* +@all\n")
        binary = valkey_binary() if request.param == "valkey" else redis_binary()
        server = start_server(folder, binary, "--appendonly", "yes", "--aclfile", str(file))
        yield server
        server.stop()


@pytest.fixture
def outsider(guarded: RunningServer) -> Iterator[redis.Redis]:
    made = redis.Redis(unix_socket_path=f"{guarded.directory}/s", username="outsider", password="any")
    made.flushall()
    yield made
    made.close()


@pytest.fixture
def as_role(guarded: RunningServer, outsider: redis.Redis) -> Iterator[As]:
    made: list[Client] = []

    def connected(role: Role) -> Client:
        made.append(connect(url_of(guarded, role), timeout_s=10.0))
        return made[-1]

    yield connected
    for client in made:
        client.close()


def url_of(server: RunningServer, role: Role) -> str:
    return f"unix://weir-{role}:{PASSWORDS[role]}@{server.directory}/s"


def consumer() -> Consumer:
    return Consumer(name="shop", created_ms=1)


def test_the_default_user_is_off_and_passwords_are_no_text(guarded: RunningServer) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(unix_socket_path=f"{guarded.directory}/s").ping()
    text = users_acl("test", PASSWORDS)
    assert not any(password in text.split() or f">{password}" in text for password in PASSWORDS.values())


def test_without_a_password_nobody_gets_in() -> None:
    for role in ("edge", "admin", "auth"):
        assert not [word for word in rules("test", role) if word[0] in "#>" or word == "nopass"]


def test_the_probe_may_ask_whether_the_store_is_well_and_nothing_else(guarded: RunningServer) -> None:
    probe = redis.Redis(unix_socket_path=f"{guarded.directory}/s", username="weir-probe", password="")
    assert probe.ping()
    with pytest.raises(redis.exceptions.NoPermissionError):
        probe.info()


def test_an_admin_makes_what_a_node_reads_and_cannot_write(as_role: As) -> None:
    admin, edge, keys = as_role("admin"), as_role("edge"), Keys("test")
    assert Records(admin, keys, CONSUMERS).create(consumer()) == "created"
    key = ApiKey(id="k1", consumer="shop", hash="h", created_ms=1)
    assert Records(admin, keys, KEYS).create(key) == "created"
    with edge.session(keys.head()) as session:
        found = read_verifiers(session, keys, [Named("key", "k1")])
    assert "k1" in repr(found)
    assert len(Feed(edge, keys).poll(0).entries) == 2
    with pytest.raises(StoreError, match="refuses"):
        Records(edge, keys, KEYS).remove("k1")
    with pytest.raises(StoreError, match="refuses"):
        Records(edge, keys, CONSUMERS).create(consumer())


def test_a_node_says_that_it_is_there(as_role: As) -> None:
    nodes = Nodes(as_role("edge"), Keys("test"))
    nodes.announce(NodeRecord(name="n1"))
    assert nodes.count() == Nodes(as_role("admin"), Keys("test")).count() == 1


@pytest.mark.parametrize(
    "command",
    [
        ("HSET", "weir:test:{control}:head", "number", "9"),
        ("HINCRBY", "weir:test:{control}:head", "seq", "1"),
        ("HSET", "weir:test:{control}:records:keys", "k", "x"),
        ("HDEL", "weir:test:{control}:versions", "1"),
        ("XADD", "weir:test:{control}:feed", "*", "topic", "x"),
        ("HGETALL", "weir:test:{control}:signing"),
        ("HGETALL", "weir:test:{control}:sessions"),
        ("HGETALL", "weir:test:{control}:access-tokens"),
        ("HGETALL", "weir:test:{control}:records:users"),
        ("HGETALL", "weir:test:{control}:refresh-families"),
        ("GET", "weir:other:{control}:auth-public"),
        ("GET", "somebody-elses"),
        ("PUBLISH", "weir:test:wake", "1"),
    ],
)
def test_a_node_cannot(as_role: As, command: tuple[str, ...]) -> None:
    with pytest.raises(StoreError, match="refuses"):
        as_role("edge").call(*command)


@pytest.mark.parametrize(
    "command",
    [
        ("HSET", "weir:test:{control}:versions", "9", "x"),
        ("HSET", "weir:test:{control}:head", "digest", "x"),
        ("HDEL", "weir:test:{control}:head", "digest"),
        ("DEL", "weir:test:{control}:head"),
        ("HGETALL", "weir:test:{control}:head"),
        ("DEL", "weir:test:{control}:feed"),
        ("HSET", "weir:test:{control}:chunks", "9", "x"),
        ("HSET", "weir:test:{control}:records:keys", "k", "x"),
        ("HGETALL", "weir:test:{control}:records:hmacs"),
        ("HSET", "weir:test:{control}:records:consumers", "c", "x"),
        ("HGETALL", "weir:test:{control}:access-tokens"),
        ("HGETALL", "weir:test:{control}:audit"),
    ],
)
def test_the_authorization_server_cannot(as_role: As, command: tuple[str, ...]) -> None:
    with pytest.raises(StoreError, match="refuses"):
        as_role("auth").call(*command)


def test_the_authorization_server_hashes_passwords_anew_and_revokes(as_role: As) -> None:
    admin, auth, keys = as_role("admin"), as_role("auth"), Keys("test")
    person = User(name="alice", password="old", created_ms=1)
    assert Records(admin, keys, USERS).create(person) == "created"
    kept = Records(auth, keys, USERS).get("alice")
    assert kept is not None
    assert Records(auth, keys, USERS).replace(person, kept.etag) == "replaced"
    assert Revoked(auth, keys).add("jti", int(time.time()) + 60) == "revoked"
    assert Revoked(as_role("edge"), keys).count() == 1


def test_the_authorization_server_counts_a_change_and_tells_of_it_and_a_script_of_its_own_may_no_more(
    as_role: As,
) -> None:
    auth, head = as_role("auth"), Keys("test").head()
    assert auth.call("HINCRBY", head, "seq", 1) == 1
    assert auth.call("XADD", Keys("test").feed(), "1-0", "topic", "signing") == b"1-0"
    with auth.session(head) as session:
        for script in ("return redis.call('HSET', KEYS[1], 'a', 'b')", "return redis.call('DEL', KEYS[1])"):
            sha = session.call("SCRIPT LOAD", script)
            with pytest.raises(StoreError):
                session.call("EVALSHA", sha, 1, head)


FORBIDDEN = (
    "KEYS *", "FLUSHALL", "FLUSHDB", "CONFIG SET maxmemory 1", "CONFIG GET *", "MODULE LIST", "SHUTDOWN",
    "ACL LIST", "ACL WHOAMI", "MONITOR", "REPLICAOF NO ONE", "SWAPDB 0 1", "CLIENT LIST", "CLIENT KILL ID 1", "SAVE",
    "SCRIPT FLUSH", "FUNCTION LIST", "CLUSTER FAILOVER", "SLOWLOG GET", "LATENCY LATEST", "EVAL return(1) 0",
)  # fmt: skip


@pytest.mark.parametrize("role", ["edge", "admin", "auth"])
def test_nobody_may_reign_over_the_server(as_role: As, role: Role) -> None:
    with as_role(role).session("") as session:
        for command in FORBIDDEN:
            with pytest.raises(StoreError, match="permission"):
                session.call(*command.split())


def test_a_script_has_no_more_rights_than_who_calls_it(as_role: As) -> None:
    edge = as_role("edge")
    with edge.session("") as session:
        sha = session.call("SCRIPT LOAD", "return redis.call('HSET', 'weir:test:{control}:head', 'a', 'b')")
        with pytest.raises(StoreError):
            session.call("EVALSHA", sha, 0)


def test_a_cluster_name_is_no_pattern() -> None:
    assert all("\\*" not in each and "**" not in each for each in patterns("test", "edge"))
    assert patterns("a*b", "admin") == ["~weir:a\\*b:*"]


def test_the_file_is_what_both_engines_read(guarded: RunningServer, outsider: redis.Redis) -> None:
    listed = outsider.execute_command("ACL", "USERS")
    assert {user.decode() for user in listed} == {"default", "outsider", *(f"weir-{role}" for role in ROLES)}


def test_accounts_are_one_line_each(tmp_path: Path) -> None:
    assert len(users_acl("test", PASSWORDS).splitlines()) == 1 + len(ROLES)
