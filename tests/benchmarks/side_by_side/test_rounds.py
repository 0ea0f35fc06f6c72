import pytest

from benchmarks.side_by_side.process import Failed, Gateway
from benchmarks.side_by_side.rounds import Failures, alternate


def gateway(name: str) -> Gateway:
    return Gateway(name, 0, 0, lambda work: None)


def test_rounds_go_there_and_back() -> None:
    order: list[str] = []

    def measure(each: Gateway) -> dict[str, float]:
        order.append(each.name)
        return {"number": float(len(order))}

    failures: Failures = {}
    found = alternate([gateway("a"), gateway("b")], 3, measure, failures)
    assert "".join(order) == "abbaab"
    assert found == {
        "a": [{"number": 1.0}, {"number": 4.0}, {"number": 5.0}],
        "b": [{"number": 2.0}, {"number": 3.0}, {"number": 6.0}],
    }
    assert failures == {}


def test_one_that_fails_is_named_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def measure(each: Gateway) -> dict[str, float]:
        asked.append(each.name)
        if asked == ["a", "b", "b", "a"]:
            raise Failed("it closed a connection")
        return {"per_second": 1.0}

    failures: Failures = {}
    found = alternate([gateway("a"), gateway("b")], 3, measure, failures)
    assert found == {"b": [{"per_second": 1.0}] * 3}
    assert failures == {"a": "it closed a connection"}
    assert capsys.readouterr().err == "a failed: it closed a connection\n"
