from __future__ import annotations

import pytest

from admin_api.paths import is_utf8, path_of, rule_of
from tests.support.admin_example import OPERATIONS


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%2Fb?c=/d", "/a%2Fb"),
        ("/", "/"),
        ("http://host:1/a%2Fb?c", "/a%2Fb"),
        ("http://host", "/"),
        ("http://[bad", "/"),
        ("*", "*"),
    ],
)
def test_the_path_of_a_target_stays_as_it_was_sent(target: str, path: str) -> None:
    assert path_of(target) == path


def test_what_is_no_text_is_told() -> None:
    assert is_utf8("/a%C3%A9")
    assert not is_utf8("/a%C3")


def test_a_name_in_a_path_is_one_segment() -> None:
    assert rule_of(OPERATIONS[0]) == "/api/v1/things/<segment:name>"
