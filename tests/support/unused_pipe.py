"""A node's pipe to the store for tests that send nothing."""

from __future__ import annotations

from typing import Any, NoReturn


class UnusedPipe:
    def ask(self, *_: Any) -> NoReturn:
        raise AssertionError("something was sent")

    later = ask
