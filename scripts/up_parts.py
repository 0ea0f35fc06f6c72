"""Everything that ``weir up`` decides before its first child starts: store, demo service, rules file.

In an order in which a mistake leaves the state directory as untouched as possible. All errors are one sentence
(``CannotStart``, or what ``weir.processes`` and ``weir.store`` raise).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from scripts import gateway_file
from weir.processes import run_file
from weir.processes.ports import Address, CannotListen, address_of, bind
from weir.secrets.errors import SecretsError
from weir.secrets.ring_file import EDGE_RING, RING, ensure_ring, keep_edge_ring, read_ring
from weir.settings.values import without_password
from weir.store.binary import ServerBinary, find_server
from weir.store.embedded import EmbeddedStore, data_written_by, end_server, prepare


class CannotStart(Exception):
    """One sentence for the person who typed ``weir up``."""


class Store(NamedTuple):
    """The store that the edge is given; ``embedded`` and ``binary`` are None for one that runs elsewhere."""

    url: str
    embedded: EmbeddedStore | None = None
    binary: ServerBinary | None = None

    def text(self) -> str:
        """Without a password."""
        if self.embedded is None or self.binary is None:
            return without_password(self.url)
        name, version = self.binary.name.capitalize(), self.binary.version
        return f"embedded, {name} {version}, in {shown(self.embedded.directory)}"


class Demo(NamedTuple):
    """The socket is the supervisor's, so the address is known before and stays when the service restarts."""

    listener: socket.socket
    address: Address


class Rings(NamedTuple):
    """Files of key rings."""

    whole: Path
    edge: Path
    """The same without the keys that seal signing keys."""


class Parts(NamedTuple):
    state: Path
    store: Store
    rings: Rings
    demo: Demo | None
    rules: Path | None
    """The file that is followed; None: only what the store holds."""
    has_demo_rules: bool


def prepare_parts(values: Mapping[str, Any], state: Path, stack: ExitStack) -> Parts:
    """The lock of ``state`` is held; what must be closed goes on ``stack``."""
    is_new = not any((state / name).exists() for name in ("store", "edge", gateway_file.NAME))
    config: Path | None = values["config"].absolute() if values["config"] else None
    if config is not None:
        check_readable(config)
    demo = None if values["no_demo"] else listen_for_demo(values["demo"], state)
    if demo is not None:
        stack.enter_context(demo.listener)
    store = store_for(values, state)
    own = state / gateway_file.NAME
    if config is None and store.embedded is not None:
        if is_new:
            write_rules(own, demo)
        config = own if own.exists() else None
    rings = rings_for(values, state)
    return Parts(state, store, rings, demo, config, has_demo_rules=demo is not None and config == own)


def rings_for(values: Mapping[str, Any], state: Path) -> Rings:
    """The ring that was given, or the state directory's, which is made if need be; the edge's is kept in step."""
    given: Path | None = values["secrets"]
    rings = Rings(given.absolute() if given else state / RING, state / EDGE_RING)
    try:
        keys = read_ring(rings.whole)[0] if given else ensure_ring(rings.whole)
        keep_edge_ring(rings.edge, keys)
    except SecretsError as error:
        raise CannotStart(str(error)) from error
    return rings


def check_readable(path: Path) -> None:
    """The edge reads it again and checks it; a file that is not there is said before anything starts."""
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise CannotStart(f"cannot read {shown(path)}: {error.strerror}") from error


def write_rules(path: Path, demo: Demo | None) -> None:
    text = gateway_file.demo_rules(demo.address) if demo else gateway_file.MINIMAL
    try:
        gateway_file.write_once(path, text)
    except OSError as error:
        raise CannotStart(f"cannot write {shown(path)}: {error.strerror}") from error


def listen_for_demo(wanted: Address, state: Path) -> Demo:
    """With port 0 the port of the last start is taken again: the demo rules name it."""
    kept = state / "demo.json"
    port = wanted.port or remembered_port(kept)
    try:
        listener = bind(wanted._replace(port=port), what="the demo service")
    except CannotListen as error:
        raise CannotStart(f"{error}; choose another with --demo HOST:PORT, or --no-demo") from error
    address = address_of(listener)
    if port != address.port:
        run_file.write(kept, {"port": address.port})
    return Demo(listener, address)


def remembered_port(kept: Path) -> int:
    port = (run_file.read(kept) or {}).get("port")
    return port if isinstance(port, int) and 0 < port < 65536 else 0


def store_for(values: Mapping[str, Any], state: Path) -> Store:
    """An embedded one is prepared; a server that outlived its supervisor is ended first."""
    if values["redis"]:
        return Store(values["redis"])
    explicit = str(values["store_bin"] or "")
    binary = find_server(explicit, os.environ.get("PATH", ""), data_written_by(state))
    end_server(state)
    embedded = prepare(state, binary)
    return Store(embedded.url, embedded, binary)


def shown(path: Path) -> str:
    """As short as it can be said from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
