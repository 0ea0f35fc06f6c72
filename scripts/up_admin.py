"""The admin API inside ``weir up``: its child, the access token that is kept in the state directory, the one-time link.

The token is made once and used by every command on this machine that finds the state directory, so its file is for its
owner only.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from weir.models.auth.secret_text import SecretText, read_secret
from weir.processes.child import Child
from weir.settings.arguments import told
from weir.store.access_tokens import AccessToken, AccessTokens
from weir.store.connect import Client, connect
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.login_links import LoginLinks

TOKEN_FILE = "admin.token"  # noqa: S105 - a name
NAME = "weir up"
LIFE_S = 365 * 86_400
RENEW_S = 30 * 86_400
"""A token that ends sooner is replaced at the start."""
START_S = 60.0
STOP_S = 15.0
"""Longer than its workers have for their last requests."""


def admin_child(
    state: Path, store_url: str, secrets: Path, values: Mapping[str, Any], ready: Callable[[int], bool]
) -> Child:
    """Everything said to ``weir up`` that is the admin API's, as flags, so that no variable decides otherwise."""
    arguments = ["--state", str(state), "--secrets", str(secrets)]
    for name in ("admin", "admin_workers", "cluster"):
        arguments += ["--" + name.replace("_", "-"), str(values[name])]
    arguments += ["--admin-proxies", " ".join(values["admin_proxies"]) or "none"]
    return Child(
        name="admin",
        argv=lambda: [sys.executable, "-m", "admin_api", *arguments],
        # The store's address is not among the arguments, which everyone on the machine can read.
        environment=told(
            {
                "WEIR_REDIS": store_url,
                "WEIR_REDIS_COUNTERS": values["redis_counters"],
                "WEIR_ADMIN_URL": values["admin_url"],
                "WEIR_ADMIN_METRICS": str(values["admin_metrics"] or ""),
            }
        )
        | {"PYTHONSAFEPATH": "1"},
        ready=ready,
        ready_within_s=START_S,
        stop_within_s=STOP_S,
    )


def sign_in(state: Path, store_url: str, cluster: str, say: Callable[[str], None]) -> str:
    """The path of a one-time link, for the token of the state directory, which is made if need be; empty if the store
    does not answer."""
    client = connect(store_url)
    try:
        token = kept_token(state / TOKEN_FILE, client, Keys(cluster))
        secret, _ = LoginLinks(client, Keys(cluster)).make(token)
    except (StoreError, OSError) as error:
        say(f"note: there is no access token for the admin API yet: {error}")
        return ""
    finally:
        client.close()
    return f"/login?link={secret}"


def kept_token(path: Path, client: Client, keys: Keys) -> str:
    """The id of the token in ``path``; a new one is written where that is missing, revoked or near its end."""
    tokens = AccessTokens(client, keys)
    text = (
        read_secret("weirt", path.read_text(encoding="ascii", errors="replace").strip())
        if path.exists()
        else None
    )
    known = tokens.get(text.id) if text is not None else None
    made: tuple[SecretText, AccessToken] | str
    if text is not None and known is not None and known.hash == text.hash():
        if known.expires_ms > (time.time() + RENEW_S) * 1000:
            return known.id
        made = tokens.rotate(known, LIFE_S, 0, NAME)
    else:
        made = tokens.make(NAME, "admin", LIFE_S, NAME)
    if isinstance(made, str):
        raise StoreError("there are too many access tokens; revoke some")
    write_private(path, made[0].text() + "\n")
    return made[1].id


def write_private(path: Path, text: str) -> None:
    """Readable by its owner only, from its first moment; whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    Path(temporary).replace(path)
