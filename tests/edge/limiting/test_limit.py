from edge.limiting.limit import CountedLimit
from weir.models.effective import Counted
from weir.models.values import Rate


def test_the_same_limit_of_another_version_counts_on() -> None:
    before = CountedLimit(Counted("file/gold", Rate(count=100, per_ms=1000)))
    raised = CountedLimit(Counted("file/gold", Rate(count=200, per_ms=1000)))
    assert raised.counter == before.counter
    assert raised.terms.most == 200


def test_another_name_or_window_is_another_counter() -> None:
    rates = [
        Rate(count=1, per_ms=1000),
        Rate(count=1, per_ms=2000),
        Rate(count=1, per_ms=1000, window="smooth"),
    ]
    limits = [CountedLimit(Counted("file/gold", rate)) for rate in rates]
    assert len({limit.counter for limit in (*limits, CountedLimit(Counted("api/gold", rates[0])))}) == 4


def test_a_month_is_a_calendar_window() -> None:
    assert CountedLimit(Counted("a", Rate(count=1, per_month=True))).terms.window == "calendar"
