"""An agent that says nothing: from when on, and until when."""

from __future__ import annotations

from edge.retry.budget_silence import LATE_S, Silence


def test_it_begins_a_time_after_the_first_question_that_is_not_answered() -> None:
    silence = Silence()
    assert not silence.lasts(1e9)
    silence.asked(10.0)
    silence.asked(10.9)
    assert not silence.lasts(10.0 + LATE_S)
    assert silence.lasts(10.001 + LATE_S)


def test_any_answer_ends_it_and_what_is_asked_after_it_begins_another_one() -> None:
    silence = Silence()
    silence.asked(10.0)
    silence.answered()
    assert not silence.lasts(20.0)
    silence.asked(20.0)
    assert not silence.lasts(20.5)
    assert silence.lasts(21.5)
