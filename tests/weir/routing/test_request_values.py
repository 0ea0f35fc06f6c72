from __future__ import annotations

from weir.routing.request_values import first_cookie_values, first_query_values


def test_the_first_value_of_a_query_counts() -> None:
    assert first_query_values("a=1&b=2&a=3") == {"a": "1", "b": "2"}


def test_query_names_and_values_are_decoded() -> None:
    assert first_query_values("a%20b=c+d&%61=%C3%A9") == {"a b": "c d", "a": "é"}
    assert first_query_values("x=%ff&y=%zz") == {"x": "\ufffd", "y": "%zz"}


def test_a_name_without_a_value_has_the_empty_one() -> None:
    assert first_query_values("a&b=&&c=d=e") == {"a": "", "b": "", "c": "d=e"}
    assert first_query_values("") == {}


def test_the_first_cookie_of_a_name_counts() -> None:
    assert first_cookie_values('sid=1; theme="dark"; sid=2;x=a=b; junk; =y') == {
        "sid": "1",
        "theme": '"dark"',
        "x": "a=b",
        "": "y",
    }
