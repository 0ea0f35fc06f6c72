"""The word that was probably meant; bounded work."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from weir.rules.suggest import closest


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("prxy", '"proxy"'),
        ("PROXY", '"proxy"'),
        ("timout", '"timeout"'),
        ("zzz", ""),
        ("", ""),
        ("p" * 65, ""),
    ],
)
def test_the_closest_word(word: str, suggestion: str) -> None:
    assert closest(word, ["proxy", "timeout", "p" * 65]) == suggestion


def test_among_many_words_the_one_with_the_same_beginning_is_found() -> None:
    words = [f"service-{number}" for number in range(1_000)] + ["orders"]
    assert closest("odrers", words) == '"orders"'


def test_of_many_words_that_are_alike_only_some_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    plain = SequenceMatcher.set_seq1

    def counted(self: SequenceMatcher[str], word: str) -> None:
        compared.extend([word] if word else [])
        plain(self, word)

    monkeypatch.setattr(SequenceMatcher, "set_seq1", counted)
    assert closest("service-x", [f"service-{number:06}" for number in range(1_000, 21_000)]) == ""
    assert closest("service-00100x", [f"service-{number:06}" for number in range(20_000)])
    assert 0 < len(compared) <= 500
