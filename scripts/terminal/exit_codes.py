"""Exit codes of every command, for scripts."""

from __future__ import annotations

FINE, FINDINGS, BAD_INPUT, AWAY, CONFLICT = 0, 1, 2, 3, 4
"""Done; a finding or a difference; wrong input or set-up; server or store away; somebody else changed it."""
