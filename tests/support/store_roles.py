"""``WEIR_TEST_ACL=1``: every server of the tests knows the accounts of ``weir acl``, and processes use them.

Tests themselves play several parts at once: they are the default user, with the commands of all roles and every key.
What looks at a server from outside (``RunningServer.admin``) is a user of its own that may do everything.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from weir.store.acl import rules, scope
from weir.store.roles import ROLES, Role

CLUSTERS = ("default", "test", "blue", "green", "c", "elsewhere", "metered", "prod")
"""Of processes that tests start."""
OF_TESTS = ("+eval", "+flushall", "+lrange", "+rpush", "+xlen", "+zincrby")
"""What tests do beside what Weir does."""
PASSWORD = "of-every-role"
OUTSIDER = "outsider"


def is_on() -> bool:
    return os.environ.get("WEIR_TEST_ACL", "") not in ("", "0")


def write_accounts(path: Path, *, bounded: bool = True) -> None:
    """An ``aclfile``; ``bounded``: the default user too may only use what Weir uses."""
    commands = (
        [*(word for word in rules("test", "admin") if word[0] in "+-"), *OF_TESTS] if bounded else ["+@all"]
    )
    lines = [f"user {OUTSIDER} on nopass ~* &* +@all", f"user default on nopass ~* &* {' '.join(commands)}"]
    for role in ROLES:
        more = [word for cluster in CLUSTERS[1:] for word in scope(cluster, role)]
        lines.append(" ".join([f"user weir-{role}", *rules(CLUSTERS[0], role, PASSWORD), *more]))
    path.write_text("\n".join(lines) + "\n")


def as_role(url: str, role: Role) -> str:
    """``url`` with the role's account where accounts are on and the URL has none."""
    parts = urlsplit(url)
    if not is_on() or "@" in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=f"weir-{role}:{PASSWORD}@{parts.netloc}"))


def flags_as(role: Role, flags: tuple[str, ...]) -> tuple[str, ...]:
    """``flags`` with that account in each store URL. A node that publishes a file is more than a node."""
    if "--config" in flags:
        role = "admin"
    after_store = ["", *flags]
    return tuple(
        as_role(flag, role) if before in ("--redis", "--redis-counters") else flag
        for before, flag in zip(after_store, flags, strict=False)
    )
