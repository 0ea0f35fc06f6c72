"""What the scripts of limits do, again in Python: short, slow, without a store. Tests drive both with one history."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable

from weir.store.limits import Back, Count, Lease, Level, Usage, Window, Wish


class RingModel:
    """``limit.lua``."""

    def __init__(self, window: Window) -> None:
        self.width, count = window
        self.reach = count + 1
        self.life_ms = 0
        """For which the ring lives after the last call; 0 if that wrote nothing."""
        self.lose()

    def lose(self) -> None:
        self.seen = 0
        self.birth = ""
        self.used: dict[int, int] = {}
        self.returned: dict[str, int] = {}
        """The number of what each holder gave back last."""

    def call(self, most: int, wish: Wish, holder: str, back: Back, new_birth: str, at: int) -> Lease:
        now = max(at, self.seen)
        birth = self.birth or new_birth
        astray = self.seen - at > (self.reach + 1) * self.width
        if astray:
            was = self.seen // self.width
            counts = {bucket: n for bucket, n in self.used.items() if bucket >= was - self.reach}
            later = max(was, *counts) - was if counts else 0
            self.lose()
            now, birth = at, f"{birth.partition(':')[0]}:{new_birth}"
            self.used = {at // self.width + 1 + later: sum(counts.values())}
        b = now // self.width
        booked = b + wish.further
        changed = self._take_back(holder, back, b, birth) or astray
        live = {bucket: n for bucket, n in sorted(self.used.items()) if bucket >= b - self.reach and n}
        left = most - sum(live.values())
        granted = 0
        if wish.want and left >= wish.least:
            granted = min(wish.want, max(wish.least, left // wish.divisor))
            self.used[booked] = self.used.get(booked, 0) + granted
        self.life_ms = 0
        if changed or granted:
            self.seen, self.birth = now, birth
            last = max(b, *self.used)
            self.life_ms = (last - b + self.reach + 2) * self.width
        ends = [(bucket + self.reach + 1) * self.width - now for bucket in live]
        wait, free = 0, left
        if not granted:
            for end, n in zip(ends, live.values(), strict=True):
                if free >= wish.least:
                    break
                free, wait = free + n, end
        own = [(booked + self.reach + 1) * self.width - now] if granted else []
        reset = min(ends[:1] + own, default=0)
        return Lease(granted, left - granted, wait, reset, (booked + 2) * self.width - now, booked, birth)

    def _take_back(self, holder: str, back: Back, b: int, birth: str) -> bool:
        said_again = back.number <= self.returned.get(holder, 0)
        if said_again or back.birth != birth or back.bucket < b - self.reach or back.bucket not in self.used:
            return False
        self.used[back.bucket] -= min(back.tokens, self.used[back.bucket])
        self.returned[holder] = back.number
        return True


class LevelModel:
    """``gcra.lua``, in its order of operations, so that both round alike."""

    def __init__(self, per_ms: int, most: int, burst: int) -> None:
        self.per_ms, self.most, self.burst = per_ms, most, burst
        self.filled, self.since = 0.0, -1

    def call(self, wish: Wish, at: int) -> Level:
        since = at if self.since - at > self.per_ms or self.since < 0 else self.since
        pace = self.most / (self.per_ms * 1000)
        filled = max(0.0, self.filled - max(0, at - since) * 1000 * pace)
        left = math.floor(self.burst - filled + 1e-6)
        granted = min(wish.want, left) if left >= wish.least else 0
        wait = 0.0 if granted else (filled + wish.least - self.burst) / pace / 1000
        if granted:
            self.filled, self.since = filled + granted, max(at, since)
        reset = (filled + granted) / pace / 1000
        return Level(granted, left - granted, math.ceil(wait - 1e-6), math.ceil(reset - 1e-6))


class QuotaModel:
    """``quota.lua``."""

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self.lose()

    def lose(self) -> None:
        self.now, self.window = 0, -1
        self.granted: dict[str, int] = {}
        self.returned: dict[str, int] = {}
        self.lives: dict[str, int] = {}

    def call(
        self,
        most: int,
        wish: Wish,
        node: str,
        life: int,
        window: int,
        known: Iterable[Count],
        at: int,
        heard: int = 0,
    ) -> Usage:
        changed = self.window > self._window(at)[0] + 1
        now = at if changed else max(at, self.now)
        current, ends = self._window(now)
        if not changed and self.window not in (current, -1):
            self.lose()
        for count in known if window == current else ():
            for field, value in ((self.granted, count.granted), (self.returned, count.returned)):
                if value > field.get(count.node, 0):
                    field[count.node], changed = value, True
        left = most - sum(self.granted.values()) + sum(self.returned.get(of, 0) for of in self.granted)
        why = "fenced" if self.lives.get(node, 0) > life else "ok"
        if why == "ok" and window == current and sum(self.granted.values()) < heard:
            why = "lost"
        granted = 0
        if wish.want and why == "ok" and left >= wish.least:
            granted = min(wish.want, max(wish.least, left // wish.divisor))
            self.granted[node] = self.granted.get(node, 0) + granted
            self.lives[node] = max(life, self.lives.get(node, 0))
        if granted or changed:
            self.now, self.window = now, current
        others = [Count(of, n, self.returned.get(of, 0)) for of, n in self.granted.items() if of != node]
        own = Count(node, self.granted.get(node, 0), self.returned.get(node, 0))
        wait = 0 if granted else ends - now
        return Usage(granted, left - granted, wait, ends - now, current, why, (*sorted(others), own))

    def _window(self, now: int) -> tuple[int, int]:
        """Its number and its end."""
        if self.window_ms:
            return now // self.window_ms, (now // self.window_ms + 1) * self.window_ms
        day = datetime.datetime.fromtimestamp(now // 1000, datetime.UTC)
        number = day.year * 12 + day.month - 1
        first = datetime.datetime((number + 1) // 12, (number + 1) % 12 + 1, 1, tzinfo=datetime.UTC)
        return number, int(first.timestamp()) * 1000
