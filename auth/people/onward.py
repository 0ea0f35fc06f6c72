"""Where a person goes on after signing in: a page of this server, never another's. Pure.

What the browser brings as ``next`` was perhaps written by a stranger. It is taken only as a path of ours, in plain
characters: nothing that a browser could read as another host (``//host``, ``/\\host``, a tab, a scheme) passes.
"""

from __future__ import annotations

import re

HOME = "/"
MAX_NEXT = 4000
"""Characters. Quoted in the address of the sign-in page they are at most twice as many, which fits a request line."""
_PLAIN = re.compile(r"/(?:oauth2/authorize|device)?(?:\?[!$&-;=?-Z_a-z~%]*)?")


def onward(asked: str) -> str:
    """``asked`` if it is one of our pages that people are sent from, else the first page."""
    if len(asked) > MAX_NEXT or not _PLAIN.fullmatch(asked):
        return HOME
    return asked
