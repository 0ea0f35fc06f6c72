"""Names in a path."""

from __future__ import annotations

import pytest

from admin_api.names import checked
from admin_api.problems import Refusal
from weir.api.auth_values import ConsumerName, UserName


@pytest.mark.parametrize("name", ["a", "0", "a.b-c_d", "a" * 64])
def test_a_name_of_the_form_stays_as_it_is(name: str) -> None:
    assert checked(name, ConsumerName) == name


@pytest.mark.parametrize("name", ["", "A", ".a", "a\n", "a b", "a" * 65, "é", "a@b"])
def test_any_other_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        checked(name, ConsumerName)
    assert (refused.value.status, refused.value.code) == (422, "invalid-name")
    assert refused.value.answer.errors[0].path == "name"


def test_a_user_may_be_called_by_an_address() -> None:
    assert checked("al+x@example.com", UserName) == "al+x@example.com"
