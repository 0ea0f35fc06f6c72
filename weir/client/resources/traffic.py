"""``traffic``: what went through the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from weir.api.traffic import (
    ConsumerExportQuery,
    ConsumerTraffic,
    ConsumerTrafficPage,
    ConsumerTrafficQuery,
    ExportQuery,
    RulePage,
    RuleQuery,
    RuleSeries,
    RulesQuery,
    RuleTraffic,
    Sample,
    TailQuery,
    TargetPage,
    TargetsQuery,
    TargetTraffic,
    UnusedPage,
    UnusedQuery,
    UnusedRule,
)
from weir.client.calls import Calls
from weir.client.pages import every


class Traffic:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def rules(self, query: RulesQuery) -> RulePage:
        return cast(RulePage, self._calls.call("traffic.rules", query=query).result)

    def every_rule(self, query: RulesQuery) -> Iterator[RuleTraffic]:
        return every(lambda cursor: self.rules(msgspec.structs.replace(query, cursor=cursor)))

    def rule(self, query: RuleQuery) -> RuleSeries:
        return cast(RuleSeries, self._calls.call("traffic.rule", query=query).result)

    def targets(self, query: TargetsQuery) -> TargetPage:
        return cast(TargetPage, self._calls.call("traffic.targets", query=query).result)

    def every_target(self, query: TargetsQuery) -> Iterator[TargetTraffic]:
        return every(lambda cursor: self.targets(msgspec.structs.replace(query, cursor=cursor)))

    def consumers(self, query: ConsumerTrafficQuery) -> ConsumerTrafficPage:
        return cast(ConsumerTrafficPage, self._calls.call("traffic.consumers", query=query).result)

    def every_consumer(self, query: ConsumerTrafficQuery) -> Iterator[ConsumerTraffic]:
        return every(lambda cursor: self.consumers(msgspec.structs.replace(query, cursor=cursor)))

    def unused(self, query: UnusedQuery) -> UnusedPage:
        return cast(UnusedPage, self._calls.call("traffic.unused", query=query).result)

    def every_unused(self, query: UnusedQuery) -> Iterator[UnusedRule]:
        return every(lambda cursor: self.unused(msgspec.structs.replace(query, cursor=cursor)))

    def export(self, query: ExportQuery) -> Iterator[bytes]:
        """CSV, in pieces as they come."""
        return self._calls.download("traffic.export", query=query)

    def export_consumers(self, query: ConsumerExportQuery) -> Iterator[bytes]:
        """CSV, in pieces as they come."""
        return self._calls.download("traffic.export_consumers", query=query)

    def tail(self, query: TailQuery, last_event_id: str = "") -> Iterator[Sample]:
        """Requests as they happen, without end."""
        for event in self._calls.follow("traffic.tail", query=query, last_event_id=last_event_id):
            if event.name == "request":
                yield msgspec.json.decode(event.data, type=Sample)
