"""Which process may do what with which key: what the accounts of the store (``acl``) are made of. Pure.

A row for every key of ``keys``, which says the same in words. The admin API may do everything with every key of its
cluster: it restores backups. What a process may not touch, an attacker who has taken it over may not either: a node
can neither change the configuration nor a credential, and sees no signing key, no session and no token of an admin.

What a process only adds to is narrowed to the commands that it takes (``TELLING``): the feed's number is a field of
``head``, so whoever tells of a change counts there, but cannot set what is current.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["edge", "admin", "auth", "probe"]
"""The node agent, the admin API, the authorization server, and who only asks whether the store is well."""
ROLES: tuple[Role, ...] = ("edge", "admin", "auth", "probe")
Mode: TypeAlias = Literal["r", "rw", "tell"]
"""``tell``: with the commands of ``TELLING`` only."""
Row: TypeAlias = Mapping[Role, Mode]

_ADMIN_ONLY: Row = {}
_AUTH: Row = {"auth": "rw"}
_NODES: Row = {"edge": "rw"}
_NODES_READ: Row = {"edge": "r"}

KEYS: Mapping[str, Row] = {
    "head": {"edge": "r", "auth": "tell"},
    "versions": _NODES_READ,
    "chunks": _NODES_READ,
    "chunk_references": _ADMIN_ONLY,
    "publish_ids": _ADMIN_ONLY,
    "feed": {"edge": "r", "auth": "tell"},
    "node": _NODES,
    "nodes": _NODES,
    "drains": _NODES_READ,
    "node_live": _NODES,
    "access_tokens": _ADMIN_ONLY,
    "access_tokens_used": _ADMIN_ONLY,
    "sessions": _ADMIN_ONLY,
    "sessions_seen": _ADMIN_ONLY,
    "login_links": _ADMIN_ONLY,
    "login_links_made": _ADMIN_ONLY,
    "login_failures": _ADMIN_ONLY,
    "audit": _ADMIN_ONLY,
    "audit_refused": _ADMIN_ONLY,
    "audit_gate": _ADMIN_ONLY,
    "signing": _AUTH,
    "auth_public": {"edge": "r", "auth": "rw"},
    "credentials_used": _NODES,
    "revoked": {"edge": "r", "auth": "rw"},
    "oauth_codes": _AUTH,
    "oauth_codes_made": _AUTH,
    "oauth_logins": _AUTH,
    "oauth_logins_seen": _AUTH,
    "oauth_logins_of": _AUTH,
    "oauth_questions": _AUTH,
    "oauth_consents": _AUTH,
    "oauth_devices": _AUTH,
    "oauth_device": _AUTH,
    "oauth_device_code": _AUTH,
    "attempts": _AUTH,
    "refresh_families": _AUTH,
    "refresh_current": _AUTH,
    "refresh_ends": _AUTH,
    "refresh_index": _AUTH,
    "opaque_tokens": {"edge": "r", "auth": "rw"},
    "opaque_ends": _AUTH,
    "opaque_index": _AUTH,
    "assertions": _AUTH,
    "client_failures": _AUTH,
    "health_suspects": _NODES,
    "health_evidence": _NODES,
    "health_ejected": _NODES,
    "health_nodes": _NODES,
    "health_checked": _NODES,
    "health_results": _NODES,
    "health_lease": _NODES,
    "budget": _NODES,
    "budget_holder": _NODES,
    "budget_peaks": _NODES,
    "budget_windows": _NODES,
    "limit_ring": _NODES,
    "limit_level": _NODES,
    "limit_quota": _NODES,
    "usage_minute": _NODES,
    "usage_day": _NODES,
    "usage_last": _NODES,
    "usage_about": _NODES,
    "samples": _NODES,
    "samples_wanted": _NODES,
}
"""By the name of the key in ``keys``; records stand apart."""

RECORDS: Mapping[str, Row] = {
    "consumers": {"edge": "r", "auth": "r"},
    "keys": _NODES_READ,
    "basics": _NODES_READ,
    "hmacs": _NODES_READ,
    "clients": {"edge": "r", "auth": "rw"},
    "users": _AUTH,
    "issuers": _NODES_READ,
    "initials": _AUTH,
}
"""Of ``records`` and ``record_index``, by kind: clients register themselves, and a password that was right is hashed
anew where the hash is an older one."""

DATA_COMMANDS = (
    "decrby", "del", "exists", "get", "hdel", "hexists", "hget", "hgetall", "hincrby", "hkeys", "hlen", "hmget",
    "hscan", "hset", "hsetnx", "incr", "mget", "pexpire", "pttl", "set", "time", "type", "unlink", "xadd",
    "xrange", "xrevrange", "zadd", "zcard", "zcount", "zlexcount", "zmscore", "zpopmin", "zrange", "zrangebylex",
    "zrangebyscore", "zrem", "zremrangebylex", "zremrangebyrank", "zremrangebyscore", "zscan", "zscore",
)  # fmt: skip
"""Of everybody but the probe, within the keys of each."""
TELLING: Mapping[str, tuple[str, ...]] = {"head": ("hget", "hincrby", "hmget"), "feed": ("xadd", "xrange")}
"""Of who tells of a change: the next number, and the change under it."""
SERVER_COMMANDS = (
    "cluster|myid", "cluster|nodes", "cluster|shards", "cluster|slots", "evalsha", "evalsha_ro", "info", "script|load",
)  # fmt: skip
"""What it takes to find the server of a key, to know it again, and to run scripts there. What belongs to a connection
(``SELECT``, ``PING``, ``CLIENT SETINFO``, ``WAITAOF`` where there is one) is a category of its own."""
COMMANDS: Mapping[Role, tuple[str, ...]] = {
    "edge": (*DATA_COMMANDS, *SERVER_COMMANDS, "subscribe", "unsubscribe"),
    "admin": (
        *DATA_COMMANDS, *SERVER_COMMANDS, "exec", "multi", "persist", "pexpireat", "publish", "rename", "renamenx",
        "scan", "subscribe", "unsubscribe", "unwatch", "watch",
    ),
    "auth": (*DATA_COMMANDS, *SERVER_COMMANDS, "publish"),
    "probe": ("ping",),
}  # fmt: skip
CHANNELS: Mapping[Role, bool] = {"edge": True, "admin": True, "auth": True, "probe": False}
"""Whether it hears or wakes on the channel of the cluster."""
