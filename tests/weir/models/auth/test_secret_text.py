"""Every secret that is handed out has one form; what cannot be one is known without asking anybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.models.auth.secret_text import ALPHABET, SecretText, checksum, hash_of, new_secret, read_secret


def test_what_was_made_is_read_again() -> None:
    made = new_secret("weir")
    assert read_secret("weir", made.text()) == made
    assert made.hash() == hash_of(made.text())


@pytest.mark.parametrize("prefix", ["weirt", "weirc", "weiro", "weirr", "weiri"])
def test_a_secret_of_one_kind_is_none_of_another(prefix: str) -> None:
    assert read_secret(prefix, new_secret("weir").text()) is None  # type: ignore[arg-type]
    assert read_secret("weir", new_secret(prefix).text()) is None  # type: ignore[arg-type]


@given(place=st.integers(0, 64), letter=st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(place: int, letter: str) -> None:
    text = new_secret("weir").text()
    wrong = text[:place] + letter + text[place + 1 :]
    assert wrong == text or read_secret("weir", wrong) is None


@given(st.text(max_size=80))
def test_any_other_text_is_none(text: str) -> None:
    assert read_secret("weir", text) is None


def test_it_does_not_show_itself() -> None:
    assert repr(SecretText("weir", "A" * 10, "hidden")) == "SecretText(weir_AAAAAAAAAA)"


def test_the_checksum_has_six_letters() -> None:
    assert len(checksum("")) == 6
