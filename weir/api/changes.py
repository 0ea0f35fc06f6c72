"""What every write of configuration takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from weir.models.document import Owner
from weir.models.problem import Problem


class Write(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Query of a write that publishes a version."""

    owner: Owner = "api"
    """``k8s`` is refused: its controller alone writes it."""
    dry_run: bool = False
    """Everything but the publish: checks, difference, warnings."""
    message: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    """Why; kept in the history and in the audit log."""
    publish_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    """Chosen by the client so that a repetition becomes the same version; empty: the server makes one."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One definition that differs."""

    kind: str
    """``rule``, ``group``, ``upstream``, ``limit``, ``define``, ``defaults``; ``comments``: those of no definition."""
    name: str
    """Of a rule in a group: ``group/rule``. Empty for ``defaults``."""
    change: Literal["added", "removed", "changed", "moved"]
    before: str = ""
    """As ``.weir`` text; empty for what was added."""
    after: str = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Between two documents of one owner."""

    changes: tuple[Changed, ...] = ()
    """In the order of the later document, what was removed last; at most 1000, and 1 MiB of text."""
    left_out: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    text: str = ""
    """Unified diff of the printed documents, three lines of context; cut at 256 KiB. The numbers behind ``@@`` leave
    out what is the same in documents of more than 300 definitions; the name there says where one is."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a write did, or with ``dry_run`` would do."""

    number: int
    """The version that it became, the current one if nothing changed or ``dry_run``."""
    owner: Owner
    outcome: Literal["published", "already-published", "unchanged", "dry-run"]
    durable: bool | None = None
    """Whether it is on the server's disk: None where that cannot be told, or nothing was written."""
    difference: Difference = Difference()
    warnings: tuple[Problem, ...] = ()
    warnings_cut: bool = False
    """There was no time to look for warnings in so large a configuration: ``lint`` does."""
    publish_id: str = ""
    """Of this write; repeating it with the same id is safe."""
