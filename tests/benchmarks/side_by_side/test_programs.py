import pytest

from benchmarks.side_by_side.programs import NotInstalled, find, version_in


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("nginx version: nginx/1.22.1\n", "1.22.1"),
        ("HAProxy version 2.6.12-1+deb12u4 2026/10/17", "2.6.12"),
        ("2.6.2\n", "2.6.2"),
        ("Version:      3.7.15\nCodename: x\nGo version:   go1.26.9", "3.7.15"),
        (
            "/lib/python3.11/envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE",
            "1.40.0",
        ),
        ("", "unknown"),
    ],
)
def test_a_version_is_found_in_what_a_program_says(said: str, version: str) -> None:
    assert version_in(said) == version


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(NotInstalled, match="no-such-gateway"):
        find("no-such-gateway")


def test_what_is_installed_is_found() -> None:
    assert find("sh").endswith("/sh")
