from edge.limiting.verdict import Verdict


def test_a_verdict_without_limits_says_nothing_against_a_request() -> None:
    verdict = Verdict(True)
    assert (verdict.refused_by, verdict.shadowed, verdict.standings, verdict.store_needed) == (None, (), (), False)
