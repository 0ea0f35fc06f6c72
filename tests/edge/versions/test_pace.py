"""Long work in slices."""

from collections.abc import Generator

from edge.versions.pace import SLICE_S, Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_pause_comes_only_when_the_slice_is_over() -> None:
    clock, rests = Clock(), []
    pace = Pace(rests.append, clock)
    for clock.now in (0.0, SLICE_S / 2, SLICE_S, SLICE_S * 1.5, SLICE_S * 2):
        pace.pause()
    assert len(rests) == 2


def test_items_and_steps_pass_unchanged() -> None:
    def steps() -> Generator[None, None, str]:
        yield
        yield
        return "done"

    pace = Pace(lambda _seconds: None)
    assert list(pace.over(range(100), each=7)) == list(range(100))
    assert pace.through(steps()) == "done"
