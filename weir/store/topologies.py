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
from redis.cluster import PRIMARY, ClusterNode, RedisCluster
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

    def suspect(self, server: redis.Redis) -> None:
        """It failed: look again before the next command to it."""
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

    def suspect(self, server: redis.Redis) -> None:
        """Nothing to look up: every new connection asks again by itself."""

    def close(self) -> None:
        self._server.connection_pool.disconnect()
        if self._sentinels is not None:
            self._sentinels.close()


class ManyServers:
    """A Cluster. redis-py's client is used for its map of slots only; commands go to the server of their key.

    The map is read again on the way to a server that failed, and on no other way: a server that does not answer costs
    nothing to those who ask another one.
    """

    spread = True

    def __init__(self, url: StoreUrl, timeouts: Timeouts) -> None:
        self._url = url
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._cluster: RedisCluster | None = None
        self._suspects: set[str] = set()

    def server_of(self, key: str) -> redis.Redis:
        cluster = self._current()
        node = _node_of(cluster, key)
        if node is None or node.name in self._suspects:
            self._read_again(cluster, node)
        return cluster.get_redis_connection(cluster.get_node_from_key(key))

    def peek(self, key: str) -> redis.Redis | None:
        cluster = self._cluster
        node = None if cluster is None else _node_of(cluster, key)
        return None if cluster is None or node is None else cluster.get_redis_connection(node)

    def servers(self) -> list[redis.Redis]:
        cluster = self._current()
        if self._suspects:
            self._read_again(cluster, None)
        return [cluster.get_redis_connection(node) for node in cluster.get_primaries()]

    def redirected(self, error: foreign.AskError) -> redis.Redis:
        cluster = self._current()
        if isinstance(error, foreign.MovedError):
            cluster.nodes_manager.move_slot(error)
        node = cluster.get_node(*error.node_addr)
        if node is None:  # as long as its first slot is on the way to it, no map names it
            node = ClusterNode(*error.node_addr, PRIMARY)
            cluster.nodes_manager.nodes_cache[node.name] = node
        return cluster.get_redis_connection(node)

    def suspect(self, server: redis.Redis) -> None:
        self._suspects.add(place_of(server))

    def close(self) -> None:
        with self._lock:
            self._suspects.clear()
            if self._cluster is not None:
                self._cluster.close()
                self._cluster = None

    def _current(self) -> RedisCluster:
        """RedisCluster connects in its constructor; so it is made at the first use."""
        cluster = self._cluster
        if cluster is not None:
            return cluster
        with self._lock:
            if self._cluster is None:
                self._cluster = RedisCluster(
                    startup_nodes=[ClusterNode(host, port) for host, port in self._url.hosts],
                    retry=Retry(NoBackoff(), 0),
                    require_full_coverage=False,
                    **_account(self._url),
                    **_connection(self._url, self._timeouts),
                )
            return self._cluster

    def _read_again(self, cluster: RedisCluster, failed: ClusterNode | None) -> None:
        """The map, of whichever server answers first; the one that failed is asked last. Raises if none answers.

        Connections stay: those of the server that tells the map are in use.
        """
        with self._lock:
            if failed is not None and failed.name not in self._suspects:
                return  # somebody else has read it meanwhile
            before = frozenset(self._suspects)
            cluster.nodes_manager.initialize(
                disconnect_startup_nodes_pools=False,
                last_failed_node_name=failed.name if failed else next(iter(before), None),
            )
            self._suspects -= before


def place_of(server: redis.Redis) -> str:
    """``host:port`` of a cluster's server."""
    options = server.connection_pool.connection_kwargs
    return f"{options['host']}:{options['port']}"


def _node_of(cluster: RedisCluster, key: str) -> ClusterNode | None:
    """None if nobody serves the slot, as far as is known."""
    try:
        node: ClusterNode | None = cluster.get_node_from_key(key)
    except foreign.RedisClusterException:
        return None
    return node


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
