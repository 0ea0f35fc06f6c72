"""First secrets as files, one folder for each process: what compose mounts into its containers.

``edge/``, ``admin/``, ``auth/``: ``ring.json`` and ``store-url``; ``store/users.acl``; ``whole/ring.json``. What is
there stays as it is, but for ``users.acl``, which is made anew from the URLs: another version of Weir may have other
keys. Files are their owner's (mode 600), or with ``group`` that group may read them too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from scripts.deployment.first_secrets import PROCESSES, rings_of, urls_of
from weir.secrets.errors import BadRing
from weir.secrets.ring_file import PURPOSES, new_key, read_keys, ring_bytes
from weir.store.acl import users_acl
from weir.store.roles import Role
from weir.store.url import parse_url

RING, URL, ACCOUNTS = "ring.json", "store-url", "users.acl"
MOST_BYTES = 1024 * 1024


class Unusable(Exception):
    """One sentence for whoever starts the deployment."""


def fill(folder: Path, store: str, cluster: str, group: int | None) -> list[str]:
    """The names of the files that were made. Raises Unusable."""
    try:
        made = _rings(folder, group)
        if store:
            urls = _urls(folder, store, group, made)
            passwords = {process: parse_url(url).password for process, url in urls.items()}
            (folder / "store").mkdir(parents=True, exist_ok=True)
            _replace(folder / "store" / ACCOUNTS, users_acl(cluster, passwords).encode())
    except OSError as error:
        raise Unusable(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    except BadRing as error:
        raise Unusable(str(error)) from error
    return made


def _rings(folder: Path, group: int | None) -> list[str]:
    whole = folder / "whole" / RING
    made = []
    if not whole.exists():
        _make(whole, ring_bytes(new_key(purpose) for purpose in PURPOSES), None)
        made.append(f"whole/{RING}")
    keys = read_keys(_read(whole), str(whole))
    for process, ring in rings_of(keys).items():
        path = folder / process / RING
        if not path.exists():
            _make(path, ring, group)
            made.append(f"{process}/{RING}")
    return made


def _urls(folder: Path, store: str, group: int | None, made: list[str]) -> Mapping[Role, str]:
    found: dict[Role, str] = urls_of(store)
    for process in PROCESSES:
        path = folder / process / URL
        if path.exists():
            found[process] = _read(path).decode().strip()
        else:
            _make(path, found[process].encode() + b"\n", group)
            made.append(f"{process}/{URL}")
    return found


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def _make(path: Path, data: bytes, group: int | None) -> None:
    """Whole or not at all: a start that was interrupted leaves no half of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if group is not None:
            os.fchown(file.fileno(), -1, group)
            os.fchmod(file.fileno(), 0o640)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _replace(path: Path, data: bytes) -> None:
    """Only hashes are in it, and the store's own user is to read it."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(data)
    draft.chmod(0o644)
    draft.replace(path)
