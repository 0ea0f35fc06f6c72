"""Every setting there is, in the order in which the help and docs/settings.md show them."""

from __future__ import annotations

from weir.processes.ports import parse_address
from weir.settings import values
from weir.settings.setting import Process, Setting

SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="state",
        parse=values.directory,
        placeholder="DIR",
        default=".weir",
        help="Directory for what must survive a restart: last good version, embedded store, addresses.",
        processes=("up", "edge", "admin", "auth", "client"),
    ),
    Setting(
        name="config",
        parse=values.file,
        placeholder="FILE",
        default=None,
        default_text="none",
        help="Rules file: published as owner `file` at start, and again whenever its content changes.",
        processes=("up", "edge"),
    ),
    Setting(
        name="edge",
        parse=values.http_address,
        placeholder="[http://]HOST:PORT",
        default="127.0.0.1:8000",
        help="Where the edge takes requests; port 0 asks for a free port.",
        processes=("up", "edge"),
        repeatable=True,
    ),
    Setting(
        name="status",
        parse=parse_address,
        placeholder="HOST:PORT",
        default="127.0.0.1:8003",
        help="Where /healthz, /readyz and /metrics are answered.",
        processes=("up", "edge"),
    ),
    Setting(
        name="redis",
        parse=values.store_url,
        placeholder="URL",
        default="",
        default_text="the embedded store of the state directory",
        help=(
            "Store of the cluster: redis://, rediss://, unix://, redis+sentinel://h1:26379,h2:26379/mymaster "
            "or redis+cluster://h1:6379,h2:6379."
        ),
        processes=("up", "edge", "admin", "auth", "client"),
    ),
    Setting(
        name="redis_counters",
        parse=values.store_url,
        placeholder="URL",
        default="",
        default_text="the store of the cluster",
        help=(
            "Store of what nodes count together (limits, retry budgets, health of targets), if that is to live on "
            "another server than the configuration; the same for every node of a cluster."
        ),
        processes=("up", "edge", "admin"),
    ),
    Setting(
        name="secrets",
        parse=values.file,
        placeholder="FILE",
        default=None,
        default_text="none; of weir up, `secrets.json` in the state directory",
        help=(
            "Key ring that encrypts what Weir must read again from the store or the disk (secrets.md). The edge's must "
            "be without signing keys."
        ),
        processes=("up", "edge", "admin", "auth", "client"),
    ),
    Setting(
        name="store_bin",
        parse=values.file,
        placeholder="FILE",
        default=None,
        default_text="a server found on PATH, else the one that is installed with Weir",
        help="Server program for the embedded store (Redis ≥ 7.0 or Valkey).",
        processes=("up",),
    ),
    Setting(
        name="workers",
        parse=values.workers,
        placeholder="N",
        default="0",
        default_text="one for each core",
        help="Worker processes of the edge.",
        processes=("up", "edge"),
    ),
    Setting(
        name="node",
        parse=values.node_name,
        placeholder="NAME",
        default="",
        default_text="the host name",
        help="Name of this node, unique in the cluster.",
        processes=("up", "edge"),
    ),
    Setting(
        name="cluster",
        parse=values.cluster_name,
        placeholder="NAME",
        default="default",
        help="Name of the cluster; several clusters can share one store.",
        processes=("up", "edge", "admin", "auth", "client"),
    ),
    Setting(
        name="max_nodes",
        parse=values.count_or_unsaid,
        placeholder="N",
        default="",
        default_text="8; 1 for weir up with its embedded store",
        help=(
            "Most nodes that the cluster will have at a time, the same on all of them: while the store is away, each "
            "node has one part in so many of what limits and retry budgets keep for that time."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="proxy_protocol",
        parse=values.proxy_protocol,
        placeholder="off|v1|v2",
        default="off",
        help=(
            "PROXY protocol with which every connection begins; what it says of the client is believed, so only "
            "the balancer may reach that address. Once for all --edge, or once for each in their order."
        ),
        processes=("up", "edge"),
        repeatable=True,
    ),
    Setting(
        name="head_timeout",
        parse=values.duration,
        placeholder="TIME",
        default="10s",
        help="How long a request head may take from its first byte to its last; then 408.",
        processes=("up", "edge"),
    ),
    Setting(
        name="keep_alive",
        parse=values.duration,
        placeholder="TIME",
        default="75s",
        help="How long a client's connection may stay idle between requests; then it is closed.",
        processes=("up", "edge"),
    ),
    Setting(
        name="body_timeout",
        parse=values.duration,
        placeholder="TIME",
        default="10s",
        help="How long nothing may come of a request body; then 408.",
        processes=("up", "edge"),
    ),
    Setting(
        name="write_timeout",
        parse=values.duration,
        placeholder="TIME",
        default="10s",
        help="How long a client may take nothing of its answer; then the connection is closed.",
        processes=("up", "edge"),
    ),
    Setting(
        name="max_target",
        parse=values.size,
        placeholder="SIZE",
        default="8KiB",
        help="Longest request target (path and query); above it 414.",
        processes=("up", "edge"),
    ),
    Setting(
        name="max_fields",
        parse=values.count,
        placeholder="N",
        default="100",
        help="Most header fields of a request, and most trailers; above it 431.",
        processes=("up", "edge"),
    ),
    Setting(
        name="max_connections",
        parse=values.count,
        placeholder="N",
        default="10000",
        help=(
            "Most client connections of one worker. One more waits in the listening queue until another worker "
            "takes it or one ends."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="max_connections_per_address",
        parse=values.count_or_none,
        placeholder="N",
        default="1000",
        help=(
            "Most connections of one client address (of IPv6: one /64) to one worker; one more gets 503 and is "
            "closed. Peers in `trusted_proxies` are exempt; 0 is no limit."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="auth_failures",
        parse=values.count_or_none,
        placeholder="N",
        default="20",
        help=(
            "Wrong credentials that one client address (of IPv6: one /64) may show to one worker in a minute. Beyond, "
            "what would have to be looked up is answered with 429; 0 is no limit."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="drain_delay",
        parse=values.duration_or_none,
        placeholder="TIME",
        default="0s",
        help=(
            "How long after SIGTERM new requests are still taken, while /readyz says 503 already: time for a "
            "balancer to notice."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="drain_timeout",
        parse=values.duration,
        placeholder="TIME",
        default="8s",
        help=(
            "How long after SIGTERM (and the delay) open requests, event streams and tunnels may go on; then they "
            "are ended."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="reload_timeout",
        parse=values.duration,
        placeholder="TIME",
        default="1h",
        help="The same for a worker that SIGHUP replaced by a new one.",
        processes=("up", "edge"),
    ),
    Setting(
        name="access_log",
        parse=values.log_target,
        placeholder="FILE|-|off",
        default="-",
        default_text="standard output",
        help="Where the edge writes one line for every request; SIGUSR1 opens a file again (logs.md).",
        processes=("up", "edge"),
    ),
    Setting(
        name="access_log_format",
        parse=values.log_format,
        placeholder="json|combined",
        default="json",
        help="What the lines look like: JSON objects, or the combined format of Apache and nginx.",
        processes=("up", "edge"),
    ),
    Setting(
        name="otlp_endpoint",
        parse=values.otlp_endpoint,
        placeholder="URL",
        default="",
        default_text="off",
        help="OpenTelemetry collector that gets spans by OTLP/HTTP (tracing.md); needs the extra `otel`.",
        processes=("up", "edge"),
    ),
    Setting(
        name="otlp_headers",
        parse=values.otlp_headers,
        placeholder="NAME=VALUE,…",
        default="",
        default_text="none",
        help="Header fields for the collector. Use the variable if one is a secret: flags are seen by everyone here.",
        processes=("up", "edge"),
    ),
    Setting(
        name="trace_ratio",
        parse=values.ratio,
        placeholder="0…1",
        default="1",
        help="Share of the traces that begin here that is recorded; who comes with a traceparent has decided.",
        processes=("up", "edge"),
    ),
    Setting(
        name="metrics_series",
        parse=values.count,
        placeholder="N",
        default="50000",
        help=(
            "Most lines of one metric family at /metrics. What is one too many is counted under `(other)` "
            "(metrics.md)."
        ),
        processes=("up", "edge"),
    ),
    Setting(
        name="admin",
        parse=parse_address,
        placeholder="HOST:PORT",
        default="127.0.0.1:8001",
        help="Where the admin API is answered; port 0 asks for a free port.",
        processes=("up", "admin"),
    ),
    Setting(
        name="admin_url",
        parse=values.admin_url,
        placeholder="URL",
        default="",
        default_text="the address where it listens",
        help=(
            "How people reach the admin API, such as https://weir.example.com behind a proxy that speaks TLS: it "
            "answers to that name too, and with https its cookies are for https only."
        ),
        processes=("up", "admin"),
    ),
    Setting(
        name="admin_workers",
        parse=values.admin_workers,
        placeholder="N",
        default="2",
        help="Worker processes of the admin API.",
        processes=("up", "admin"),
    ),
    Setting(
        name="admin_proxies",
        parse=values.networks,
        placeholder="CIDR…",
        default="127.0.0.0/8 ::1/128",
        default_text="this machine",
        help=(
            "Proxies in front of the admin API whose X-Forwarded-For is believed: addresses and CIDRs with spaces "
            "between them, or none. The audit log has the client's address, and wrong credentials are counted by it."
        ),
        processes=("up", "admin"),
    ),
    Setting(
        name="admin_metrics",
        parse=values.address_or_none,
        placeholder="HOST:PORT",
        default="",
        default_text="none",
        help=(
            "Where /metrics of the admin API is answered, with /healthz and /readyz: an address that only the "
            "monitoring reaches (metrics-of-servers.md)."
        ),
        processes=("up", "admin"),
    ),
    Setting(
        name="auth",
        parse=parse_address,
        placeholder="HOST:PORT",
        default="127.0.0.1:8002",
        help="Where the OAuth 2 authorization server answers; port 0 asks for a free port.",
        processes=("up", "auth"),
    ),
    Setting(
        name="public_url",
        parse=values.public_url,
        placeholder="URL",
        default="",
        default_text="the address where it listens",
        help=(
            "How applications and people reach the authorization server, such as https://login.example.com: the "
            "issuer of every token. https, but for this machine's own addresses. With another one, tokens of the "
            "old one are refused."
        ),
        processes=("up", "auth"),
    ),
    Setting(
        name="auth_workers",
        parse=values.admin_workers,
        placeholder="N",
        default="1",
        help="Worker processes of the authorization server.",
        processes=("up", "auth"),
    ),
    Setting(
        name="auth_metrics",
        parse=values.address_or_none,
        placeholder="HOST:PORT",
        default="",
        default_text="none",
        help=(
            "Where /metrics of the authorization server is answered, with /healthz and /readyz: an address that only "
            "the monitoring reaches (metrics-of-servers.md)."
        ),
        processes=("up", "auth"),
    ),
    Setting(
        name="auth_proxies",
        parse=values.networks,
        placeholder="CIDR…",
        default="127.0.0.0/8 ::1/128",
        default_text="this machine",
        help=(
            "Proxies in front of the authorization server whose X-Forwarded-For is believed: addresses and CIDRs with "
            "spaces between them, or none. Wrong passwords are counted by the client's address."
        ),
        processes=("up", "auth"),
    ),
    Setting(
        name="signing_rotation",
        parse=values.rotation,
        placeholder="TIME",
        default="30d",
        help=(
            "How long a key signs access tokens until the next one does, which is published a day before; 1h to "
            "365d."
        ),
        processes=("up", "auth"),
    ),
    Setting(
        name="demo",
        parse=parse_address,
        placeholder="HOST:PORT",
        default="127.0.0.1:8004",
        help="Where the demo service listens; a port chosen by 0 is kept for the next start.",
        processes=("up",),
    ),
    Setting(
        name="no_demo",
        parse=values.switch,
        default="0",
        default_text="off",
        help="Do not start the demo service and do not write demo rules.",
        processes=("up",),
    ),
)


def settings_of(process: Process) -> tuple[Setting, ...]:
    """The rows that ``process`` takes, in the table's order."""
    return tuple(setting for setting in SETTINGS if process in setting.processes)
