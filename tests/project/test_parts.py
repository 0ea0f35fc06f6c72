"""A part that is missing is a named skip on somebody's machine and a failure in CI."""

import pytest

from tests.support.parts import find, need


def test_a_part_that_is_there_is_found() -> None:
    assert need("sh").name == "sh"


def test_programs_of_the_system_are_found_without_being_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find("ldconfig") is not None or find("nologin") is not None


def test_a_missing_part_skips_the_test_and_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(
        pytest.skip.Exception, match="needs no-such-server, which is not installed on this machine"
    ):
        need("no-such-server")


@pytest.mark.parametrize("value", ["true", "1", "True"])
def test_in_ci_a_missing_part_is_a_failure(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(
        pytest.fail.Exception, match=r"needs no-such-server, .* in CI every part must be there"
    ):
        need("no-such-server")
