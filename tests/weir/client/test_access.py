"""Which API a command speaks to, and with which token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weir.client.access import LONGEST_FILE, Access, NoAccess, find, login_file, of_state, save, saved

URL = "http://127.0.0.1:8001"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Of a gateway that runs here."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"pid": 1, "admin": URL}))
    (folder / "admin.token").write_text("weirt_state\n")
    return folder


def test_without_anything_the_ways_to_give_one_are_named(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(NoAccess, match=r"--url .* weir login.* weir up"):
        find(environ, state=tmp_path / "none")


def test_a_gateway_of_this_machine_is_found_by_its_state_directory(
    environ: dict[str, str], state: Path
) -> None:
    found = find(environ, state=state)
    assert (found.url, found.token, found.source) == (URL, "weirt_state", str(state))


def test_an_address_without_a_scheme_will_do(state: Path) -> None:
    (state / "run.json").write_text(json.dumps({"admin": "[::1]:8001"}))
    assert of_state(state) == Access("http://[::1]:8001", "weirt_state", "", str(state))


@pytest.mark.parametrize("text", ["{}", '{"admin": null}', '{"admin": 7}', "no json", '{"admin": "http://"}'])
def test_a_run_file_without_an_address_is_no_api(state: Path, text: str) -> None:
    (state / "run.json").write_text(text)
    assert of_state(state) is None


def test_an_admin_process_of_its_own_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "run.json").write_text(json.dumps({"admin": URL}))
    assert of_state(tmp_path) == Access(URL, "", "", str(tmp_path))


def test_a_saved_login_goes_before_the_state_directory(environ: dict[str, str], state: Path) -> None:
    save(login_file(environ), Access("https://weir.example.com", "weirt_saved", "/ca.pem"))
    found = find(environ, state=state)
    assert (found.url, found.token, found.ca) == ("https://weir.example.com", "weirt_saved", "/ca.pem")


def test_what_is_said_goes_before_the_variable_and_that_before_the_login(
    environ: dict[str, str], state: Path
) -> None:
    save(login_file(environ), Access("https://weir.example.com", "weirt_saved"))
    environ |= {"WEIR_ADMIN_URL": "http://b:2", "WEIR_TOKEN": "weirt_variable"}
    assert find(environ, state=state).url == "http://b:2"
    assert find(environ, url="http://c:3", token="weirt_said", state=state) == Access(
        "http://c:3", "weirt_said", "", "--url or WEIR_ADMIN_URL"
    )


def test_a_saved_token_only_goes_to_the_url_that_it_was_saved_for(
    environ: dict[str, str], state: Path
) -> None:
    save(login_file(environ), Access("https://weir.example.com", "weirt_saved", "/ca.pem"))
    assert find(environ, url="https://other.example.com", state=state).token == ""
    assert find(environ, url="https://weir.example.com/", state=state).token == "weirt_saved"
    assert find(environ, url=URL, state=state).token == "weirt_state"


def test_a_login_is_kept_from_others(environ: dict[str, str]) -> None:
    path = login_file(environ)
    save(path, Access(URL, "weirt_x"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["login.json"]
    path.chmod(0o640)
    with pytest.raises(NoAccess, match="can be read by others"):
        saved(path)


def test_a_login_that_cannot_be_used_does_not_matter_where_everything_was_said(
    environ: dict[str, str], tmp_path: Path
) -> None:
    save(login_file(environ), Access(URL, "weirt_x"))
    login_file(environ).chmod(0o644)
    assert find(environ, url=URL, token="weirt_y", state=tmp_path).token == "weirt_y"
    with pytest.raises(NoAccess, match="can be read by others"):
        find(environ, url=URL, state=tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"url": "x"}', "[" * LONGEST_FILE])
def test_a_login_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "login.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(NoAccess, match="weir logout"):
        saved(path)


def test_the_login_is_where_the_desktop_says(tmp_path: Path) -> None:
    assert login_file({"HOME": "/h"}) == Path("/h/.config/weir/login.json")
    assert login_file({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}) == Path("/h/.config/weir/login.json")
    assert login_file({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/weir/login.json")


def test_a_token_is_never_shown() -> None:
    assert "secret" not in f"{Access(URL, 'weirt_secret')!r} {Access(URL, 'weirt_secret')}"
