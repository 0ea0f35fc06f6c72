"""What went through the cluster, for people and scripts. Everything is read; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from admin_api.call import Answer, Call, Handler
from admin_api.traffic.csv_lines import consumer_lines, day_lines, heading
from admin_api.traffic.figures import figures
from admin_api.traffic.names import owner_and_rule, owner_upstream_target, rule_names
from admin_api.traffic.sums import ordered, page, sums, total
from admin_api.traffic.tail import Tail
from admin_api.traffic.times import (
    MAX_DAYS,
    Times,
    day_of,
    length_ms,
    number_of,
    seconds_counted,
    times_between,
    times_of,
)
from admin_api.traffic.unused import counting_since_ms, days_counted, unused_rules
from weir.api.traffic import (
    CONSUMER_CSV_COLUMNS,
    ConsumerExportQuery,
    ConsumerTraffic,
    ConsumerTrafficPage,
    ConsumerTrafficQuery,
    ExportQuery,
    Point,
    RulePage,
    RuleQuery,
    RuleSeries,
    RulesQuery,
    RuleTraffic,
    TailQuery,
    TargetPage,
    TargetsQuery,
    TargetTraffic,
    UnusedPage,
    UnusedQuery,
)
from weir.models.document import OWNERS
from weir.models.sample import SampleFilter
from weir.models.usage import CONSUMER, RULE, TARGET, WIDTH
from weir.store.usage import Period
from weir.store.usage_read import About

EXPORTED_DAYS = 30


def rules(call: Call) -> Answer:
    query: RulesQuery = call.query
    times = times_of(query.window, call.services.usage.about())
    seconds = times.span.seconds

    def wanted(name: str) -> bool:
        owner, rule = owner_and_rule(name)
        return query.owner in ("", owner) and query.rule in rule

    found = sums(call.services.usage, times.periods, RULE, wanted)
    items = [_rule(name, numbers, seconds) for name, numbers in found.items()]
    in_order = ordered(items, query.sort, lambda each: f"{each.rule} {each.owner}", lambda each: each.traffic)
    shown, after = page(in_order, query.limit, query.cursor)
    everything = figures(total(found.values()), seconds)
    return Answer(RulePage(items=shown, next=after, span=times.span, total=everything))


def targets(call: Call) -> Answer:
    query: TargetsQuery = call.query
    times = times_of(query.window, call.services.usage.about())

    def wanted(name: str) -> bool:
        owner, upstream, _ = owner_upstream_target(name)
        return query.owner in ("", owner) and query.upstream in ("", upstream)

    found = sums(call.services.usage, times.periods, TARGET, wanted)
    items = [_target(name, numbers, times.span.seconds) for name, numbers in found.items()]
    in_order = ordered(
        items,
        query.sort,
        lambda each: f"{each.upstream} {each.target} {each.owner}",
        lambda each: each.traffic,
    )
    shown, after = page(in_order, query.limit, query.cursor)
    return Answer(TargetPage(items=shown, next=after, span=times.span))


def consumers(call: Call) -> Answer:
    query: ConsumerTrafficQuery = call.query
    times = times_of(query.window, call.services.usage.about())
    seconds = times.span.seconds
    found = sums(call.services.usage, times.periods, CONSUMER, lambda name: query.consumer in name)
    items = [
        ConsumerTraffic(consumer=name, traffic=figures(numbers, seconds)) for name, numbers in found.items()
    ]
    in_order = ordered(items, query.sort, lambda each: each.consumer, lambda each: each.traffic)
    shown, after = page(in_order, query.limit, query.cursor)
    everything = figures(total(found.values()), seconds)
    return Answer(ConsumerTrafficPage(items=shown, next=after, span=times.span, total=everything))


def rule(call: Call) -> Answer:
    """One that was never hit has points of zero; whether the rule exists is not asked: it may be gone since."""
    query: RuleQuery = call.query
    usage = call.services.usage
    about = usage.about()
    times = times_of(query.window, about)
    numbers = [
        found or [0] * WIDTH for found in usage.of_entry(times.periods, RULE, f"{query.owner}/{query.name}")
    ]
    points = tuple(_point(period, each, about) for period, each in zip(times.periods, numbers, strict=True))
    return Answer(
        RuleSeries(
            owner=query.owner,
            rule=query.name,
            span=times.span,
            points=points,
            total=figures(total(numbers), times.span.seconds),
        )
    )


def unused(call: Call) -> Answer:
    query: UnusedQuery = call.query
    services = call.services
    seen = [services.documents.see(owner) for owner in OWNERS if query.owner in ("", owner)]
    names = [(each.owner, name) for each in seen for name in rule_names(each.document)]
    about = services.usage.about()
    hits = services.usage.last_hits([f"{owner}/{name}" for owner, name in names])
    since_ms = counting_since_ms(hits, about)
    shown, after = page(unused_rules(names, hits, about, query.days), query.limit, query.cursor)
    return Answer(
        UnusedPage(
            items=shown,
            next=after,
            number=max(each.current for each in seen),
            days=query.days,
            counting_since_ms=since_ms,
            days_counted=days_counted(since_ms, about),
            lost=about.lost_days,
        )
    )


def export(call: Call) -> Answer:
    query: ExportQuery = call.query
    times = _days(call, query.first, query.last)
    named = {"Content-Disposition": _file_name(times, "usage")}
    return Answer(stream=_exported(call, times), headers=named)


def export_consumers(call: Call) -> Answer:
    query: ConsumerExportQuery = call.query
    times = _days(call, query.first, query.last)
    named = {"Content-Disposition": _file_name(times, "consumers")}
    return Answer(stream=_exported_consumers(call, times), headers=named)


def tail(call: Call) -> Answer:
    query: TailQuery = call.query
    asked = SampleFilter(query.owner, query.rule, query.status, float(query.min_ms))
    services = call.services
    return Answer(stream=Tail(services.samples, asked, services.stopping, call.last_event_id).events())


def _rule(name: str, numbers: list[int], seconds: float) -> RuleTraffic:
    owner, rule = owner_and_rule(name)
    return RuleTraffic(owner=owner, rule=rule, traffic=figures(numbers, seconds))


def _target(name: str, numbers: list[int], seconds: float) -> TargetTraffic:
    owner, upstream, url = owner_upstream_target(name)
    traffic = figures(numbers, seconds, of_target=True)
    return TargetTraffic(owner=owner, upstream=upstream, target=url, traffic=traffic)


def _point(period: Period, numbers: list[int], about: About) -> Point:
    length = length_ms(period.kind)
    start = period.number * length
    seconds = seconds_counted(start, start + length, about)
    return Point(at_ms=start, seconds=seconds, traffic=figures(numbers, seconds))


def _exported(call: Call, times: Times) -> Iterator[bytes]:
    """An error of the store in the middle breaks the answer off, so that half a file is not taken for a whole one."""
    query: ExportQuery = call.query
    yield heading()
    for period in times.periods:
        entries = (
            (name, numbers)
            for name, numbers in call.services.usage.entries(period, RULE)
            if query.owner in ("", owner_and_rule(name)[0])
        )
        yield from day_lines(period, entries)


def _exported_consumers(call: Call, times: Times) -> Iterator[bytes]:
    """As ``_exported``."""
    query: ConsumerExportQuery = call.query
    yield heading(CONSUMER_CSV_COLUMNS)
    for period in times.periods:
        entries = (
            (name, numbers)
            for name, numbers in call.services.usage.entries(period, CONSUMER)
            if query.consumer in ("", name)
        )
        yield from consumer_lines(period, entries)


def _days(call: Call, first: date | None, last: date | None) -> Times:
    """As asked, or the last 30; at most ``MAX_DAYS``."""
    about = call.services.usage.about()
    until = about.now_ms // length_ms("day") if last is None else number_of(last)
    since = until - EXPORTED_DAYS + 1 if first is None else number_of(first)
    return times_between("day", max(since, until - MAX_DAYS + 1, 0), until, about)


def _file_name(times: Times, what: str) -> str:
    if not times.periods:
        return f'attachment; filename="weir-{what}.csv"'
    first, last = day_of(times.periods[0].number), day_of(times.periods[-1].number)
    return f'attachment; filename="weir-{what}-{first}-{last}.csv"'


HANDLERS: dict[str, Handler] = {
    "traffic.rules": rules,
    "traffic.rule": rule,
    "traffic.targets": targets,
    "traffic.consumers": consumers,
    "traffic.unused": unused,
    "traffic.export": export,
    "traffic.export_consumers": export_consumers,
    "traffic.tail": tail,
}
