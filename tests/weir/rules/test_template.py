"""Templates."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.support.documents import moderate, strings
from weir.rules.template import Part, template_names, template_parts


def test_parts_are_text_and_names() -> None:
    assert template_parts("https://{host}/x{uri}") == (
        Part("https://", is_name=False),
        Part("host", is_name=True),
        Part("/x", is_name=False),
        Part("uri", is_name=True),
    )
    assert template_parts("") == ()
    assert template_names("{a}{b}{a}") == {"a", "b"}


def test_doubled_braces_are_braces() -> None:
    assert "".join(part.text for part in template_parts("{{a}}")) == "{a}"
    assert template_names("{{a}}{{{b}}}") == {"b"}


@pytest.mark.parametrize("text", ["{", "}", "{a", "a}", "{}", "{a b}", "{1}", "{{a}", "{a-b}"])
def test_a_brace_that_belongs_to_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a literal one is written"):
        template_parts(text)


@moderate
@given(strings)
def test_any_text_with_its_braces_doubled_is_itself(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert "".join(part.text for part in template_parts(doubled)) == text
    assert template_names(doubled) == frozenset()
