"""The three shapes of a store, each able to say which server holds a key. The only file that builds redis-py clients.

redis-py is told explicitly what its defaults hide: no retries (its default is ten, 4.6 s with the store down), short
timeouts, a bounded pool, and RESP2, since nothing here needs pushes and a proxy or an older server may lack HELLO.
Its client-side cache is never on: it refuses Valkey.
"""

# mypy: untyped-calls-exclude=redis
# (parts of redis-py carry no annotations)

from __future__ import annotations

import threading
from typing import Any, NamedTuple, Protocol

import redis
from redis import exceptions as foreign
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from weir.store.url import StoreUrl

MAX_CONNECTIONS = 64
"""Per server; a command beyond it fails at once instead of waiting."""


class Timeouts(NamedTuple):
    """Seconds: for one answer, and for one connect."""

    answer_s: float
    connect_s: float


class Topology(Protocol):
    """Which server holds a key. Raises redis-py's exceptions: only ``connect`` may call it."""

    @property
    def spread(self) -> bool:
        """Whether keys live on several servers."""
        ...

    def server_of(self, key: str) -> redis.Redis: ...

    def peek(self, key: str) -> redis.Redis | None:
        """The same as far as it is known now, without asking anybody."""
        ...

    def servers(self) -> list[redis.Redis]:
        """All that hold keys, each once."""
        ...

    def redirected(self, error: foreign.AskError) -> redis.Redis:
        """The server that a MOVED or ASK answer names."""
        ...

    def suspect(self) -> None:
        """A server failed: look again before the next command."""
        ...

    def close(self) -> None: ...


class OneServer:
    """A single server, or a Sentinel group, whose connections ask Sentinel for the master when they connect."""

    spread = False

    def __init__(self, server: redis.Redis, sentinels: Sentinel | None = None) -> None:
        self._server = server
        self._sentinels = sentinels

    def server_of(self, key: str) -> redis.Redis:  # noqa: ARG002 - one server holds all keys
        return self._server

    def peek(self, key: str) -> redis.Redis | None:  # noqa: ARG002
        return self._server

    def servers(self) -> list[redis.Redis]:
        return [self._server]

    def redirected(self, error: foreign.AskError) -> redis.Redis:
        raise foreign.ResponseError(f"this is a cluster: use redis+cluster:// ({error})") from error

    def suspect(self) -> None:
        """Nothing to look up: every new connection asks again by itself."""

    def close(self) -> None:
        self._server.connection_pool.disconnect()
        if self._sentinels is not None:
            self._sentinels.close()


class ManyServers:
    """A Cluster. redis-py's client is used for its map of slots only; commands go to the server of their key."""

    spread = True

    def __init__(self, url: StoreUrl, timeouts: Timeouts) -> None:
        self._url = url
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._cluster: RedisCluster | None = None
        self._stale = False

    def server_of(self, key: str) -> redis.Redis:
        cluster = self._current()
        return cluster.get_redis_connection(cluster.get_node_from_key(key))

    def peek(self, key: str) -> redis.Redis | None:
        cluster = self._cluster
        if cluster is None:
            return None
        try:
            return cluster.get_redis_connection(cluster.get_node_from_key(key))
        except foreign.RedisClusterException:  # nobody serves the slot
            return None

    def servers(self) -> list[redis.Redis]:
        cluster = self._current()
        return [cluster.get_redis_connection(node) for node in cluster.get_primaries()]

    def redirected(self, error: foreign.AskError) -> redis.Redis:
        cluster = self._current()
        if isinstance(error, foreign.MovedError):
            cluster.nodes_manager.move_slot(error)
        node = cluster.get_node(*error.node_addr)
        if node is None:
            self._stale = True
            raise foreign.ClusterDownError(f"the cluster names the unknown server {error.node_addr}")
        return cluster.get_redis_connection(node)

    def suspect(self) -> None:
        self._stale = True

    def close(self) -> None:
        with self._lock:
            if self._cluster is not None:
                self._cluster.close()
                self._cluster = None

    def _current(self) -> RedisCluster:
        """RedisCluster connects in its constructor; so it is made at the first use, and the map read again after a
        failure."""
        with self._lock:
            if self._cluster is None:
                self._cluster = RedisCluster(
                    startup_nodes=[ClusterNode(host, port) for host, port in self._url.hosts],
                    retry=Retry(NoBackoff(), 0),
                    **_account(self._url),
                    **_connection(self._url, self._timeouts),
                )
            elif self._stale:
                self._cluster.nodes_manager.initialize()
            self._stale = False
            return self._cluster


def topology_of(url: StoreUrl, timeouts: Timeouts) -> Topology:
    """Connects to nothing yet."""
    if url.kind == "cluster":
        return ManyServers(url, timeouts)
    options = {**_account(url), **_connection(url, timeouts), "retry": Retry(NoBackoff(), 0), "db": url.db}
    if url.kind == "sentinel":
        return _sentinel(url, timeouts, options)
    if url.kind == "unix":
        # redis-py gives a unix socket no connect timeout of its own: it connects at once or fails.
        del options["socket_connect_timeout"]
        return OneServer(redis.Redis(unix_socket_path=url.path, **options))
    host, port = url.hosts[0]
    return OneServer(redis.Redis(host=host, port=port, **options))


def _sentinel(url: StoreUrl, timeouts: Timeouts, options: dict[str, Any]) -> OneServer:
    """Sentinels are told apart from the servers: own account, no database."""
    to_sentinel = _connection(url, timeouts) | {
        "username": url.sentinel_user or None,
        "password": url.sentinel_password or None,
        "retry": Retry(NoBackoff(), 0),
    }
    sentinels = Sentinel(list(url.hosts), sentinel_kwargs=to_sentinel)
    return OneServer(sentinels.master_for(url.master, **options), sentinels)


def _account(url: StoreUrl) -> dict[str, Any]:
    return {"username": url.user or None, "password": url.password or None}


def _connection(url: StoreUrl, timeouts: Timeouts) -> dict[str, Any]:
    return {
        "socket_timeout": timeouts.answer_s,
        "socket_connect_timeout": timeouts.connect_s,
        "protocol": 2,
        "max_connections": MAX_CONNECTIONS,
        **({"ssl": True, **url.tls_files} if url.tls else {}),
    }
