"""What a person who watches may see: nothing that came as a value, wherever it stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.telemetry.redaction import HIDDEN, MAX_NAMES, MAX_TEXT, shown_ip, shown_path, shown_text
from weir.models.auth.secret_text import new_secret

SECRET = "Zk9-secret.7"
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="=&;#? \r\n"), max_size=80)


@pytest.mark.parametrize(
    ("path", "query", "shown"),
    [
        ("/a", "", "/a"),
        ("/a", "?", "/a"),
        ("/a", "?q=x&page=2", "/a?q&page"),
        ("/a", "?a[]=x;b=y", "/a?a[]&b"),
        ("/a", "?token", f"/a?{HIDDEN}"),
        ("/a", "?=token", f"/a?{HIDDEN}"),
        ("/a", "?a%3Dtoken=1", f"/a?{HIDDEN}"),
        ("/a;sid=token/b;x", "", f"/a;sid/b;{HIDDEN}"),
        ("", "", ""),
    ],
)
def test_names_are_shown_and_values_are_not(path: str, query: str, shown: str) -> None:
    assert shown_path(path, query) == shown


def test_a_key_in_a_path_is_hidden() -> None:
    secret = new_secret("weir")
    assert shown_path(f"/a/{secret.text()}/b", "") == f"/a/weir_{secret.id}_***/b"


@given(st.lists(st.tuples(NAMES, st.sampled_from(["=", "", "=="])), max_size=40), st.sampled_from("&;"))
def test_no_value_is_ever_shown(names: list[tuple[str, str]], separator: str) -> None:
    """Values stand behind a name and =, alone, or behind more than one =."""
    query = "?" + separator.join(f"{name}{equals}{SECRET}" if equals else SECRET for name, equals in names)
    shown = shown_path("/a", query)
    assert SECRET not in shown
    assert len(shown.partition("?")[2].split("&")) <= MAX_NAMES + 1


@given(st.lists(st.tuples(NAMES, st.booleans()), max_size=8))
def test_no_value_of_a_path_parameter_is_ever_shown(parameters: list[tuple[str, bool]]) -> None:
    path = "/a" + "".join(
        f";{name.replace('/', '')}={SECRET}/b" if named else f";{SECRET}" for name, named in parameters
    )
    assert SECRET not in shown_path(path, "")


@pytest.mark.parametrize(
    ("ip", "shown"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("", ""),
        ("unix", ""),
    ],
)
def test_an_address_is_shown_as_its_network(ip: str, shown: str) -> None:
    assert shown_ip(ip) == shown


@given(st.ip_addresses())
def test_no_whole_address_is_ever_shown(address: object) -> None:
    assert shown_ip(str(address)).split("/")[1] in ("24", "64")


def test_text_is_cut_and_has_only_what_unicode_has() -> None:
    assert shown_text("a" * (MAX_TEXT + 1)) == "a" * MAX_TEXT
    assert shown_text("a\udcff") == "a?"
    assert shown_path("/" + "a" * 10_000, "?" + "&".join(["b=1"] * 1000)).count("b") == MAX_NAMES
