"""Path indexes by host pattern: exact names, then wildcards from the longest suffix on, then any host."""

from __future__ import annotations

from weir.routing.path_index import PathIndex
from weir.routing.patterns import HostKind, HostPattern


class HostIndex:
    """Read-only once its table is published; ``copy`` is one C call per dict."""

    __slots__ = ("every", "exact", "many_labels", "one_label")

    def __init__(self) -> None:
        self.exact: dict[str, PathIndex] = {}
        self.one_label: dict[str, PathIndex] = {}
        """By suffix with its leading dot."""
        self.many_labels: dict[str, PathIndex] = {}
        self.every: dict[str, PathIndex] = {}
        """At most one item, under the empty name."""

    def copy(self) -> HostIndex:
        twin = HostIndex()
        twin.exact, twin.every = self.exact.copy(), self.every.copy()
        twin.one_label, twin.many_labels = self.one_label.copy(), self.many_labels.copy()
        return twin

    def groups(self) -> tuple[dict[str, PathIndex], ...]:
        """In the order of ``HostKind``."""
        return self.exact, self.one_label, self.many_labels, self.every

    def group(self, kind: HostKind) -> dict[str, PathIndex]:
        return self.groups()[kind]

    def get(self, pattern: HostPattern) -> PathIndex | None:
        return self.group(pattern.kind).get(pattern.name)

    def put(self, pattern: HostPattern, index: PathIndex) -> None:
        """An empty index is left out."""
        group = self.group(pattern.kind)
        if index.is_empty():
            group.pop(pattern.name, None)
        else:
            group[pattern.name] = index

    def matching(self, host: str) -> list[PathIndex]:
        """In order of precedence. Bounded by the labels of a host name."""
        found: list[PathIndex] = []
        index = self.exact.get(host)
        if index is not None:
            found.append(index)
        if self.one_label or self.many_labels:
            self._add_wildcards(host, found)
        index = self.every.get("")
        if index is not None:
            found.append(index)
        return found

    def _add_wildcards(self, host: str, found: list[PathIndex]) -> None:
        dot = host.find(".")
        if dot > 0 and (index := self.one_label.get(host[dot:])) is not None:
            found.append(index)
        while dot > 0:
            index = self.many_labels.get(host[dot:])
            if index is not None:
                found.append(index)
            dot = host.find(".", dot + 1)
