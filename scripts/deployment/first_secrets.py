"""What has to be made once for a deployment: a key ring, what each process gets of it, and passwords for the store.

The edge gets no key for signing, the admin API what it seals HMAC secrets with, the authorization server what it seals
its signing keys with. The whole ring is nobody's: it is for ``weir secret``. Pure, but for the randomness.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from weir.secrets.ring_file import EDGE_PURPOSES, PURPOSES, RingKey, new_key, ring_bytes
from weir.store.acl import PREFIX
from weir.store.roles import Role

PROCESSES: tuple[Role, ...] = ("edge", "admin", "auth")
RING_PURPOSES: Mapping[Role, tuple[str, ...]] = {
    "edge": EDGE_PURPOSES,
    "admin": ("store", "tls"),
    "auth": ("signing",),
}
"""What each process seals or opens."""
PASSWORD_BYTES = 32


class FirstSecrets(NamedTuple):
    whole_ring: bytes
    rings: Mapping[Role, bytes]
    urls: Mapping[Role, str]


def make(store: str) -> FirstSecrets:
    """``store`` is the server's ``host:port``, or empty: then there are no URLs."""
    keys = tuple(new_key(purpose) for purpose in PURPOSES)
    return FirstSecrets(ring_bytes(keys), rings_of(keys), urls_of(store) if store else {})


def rings_of(keys: Iterable[RingKey]) -> dict[Role, bytes]:
    every = tuple(keys)
    return {
        process: ring_bytes(key for key in every if key.purpose in RING_PURPOSES[process])
        for process in PROCESSES
    }


def urls_of(store: str) -> dict[Role, str]:
    """With new passwords."""
    return {process: url_of(store, process, secrets.token_hex(PASSWORD_BYTES)) for process in PROCESSES}


def url_of(store: str, process: Role, password: str) -> str:
    return f"redis://{PREFIX}{process}:{password}@{store}"
