"""Which verifiers belong to a consumer or client. Pure; small, since most have exactly one."""

from __future__ import annotations


class Owners:
    """Names of what is kept, by whose it is."""

    def __init__(self) -> None:
        self._names: dict[str, str | set[str]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def add(self, owner: str, name: str) -> None:
        """Nobody's (an empty ``owner``) is kept nowhere."""
        if not owner:
            return
        names = self._names.setdefault(owner, name)
        if isinstance(names, set):
            names.add(name)
        elif names != name:
            self._names[owner] = {names, name}

    def remove(self, owner: str, name: str) -> None:
        names = self._names.get(owner)
        if isinstance(names, set):
            names.discard(name)
        if names == name or names == set():
            del self._names[owner]

    def of(self, owner: str) -> tuple[str, ...]:
        names = self._names.get(owner, ())
        return (names,) if isinstance(names, str) else tuple(names)
