from __future__ import annotations

from pathlib import Path

import pytest

from admin_api.settings import AdminSettings
from weir.settings.arguments import SettingsError


def test_paths_follow_from_the_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = AdminSettings.from_arguments(["--redis", "redis://h"], {})
    assert settings.run_file == tmp_path / ".weir" / "admin" / "run.json"
    assert (str(settings.admin), settings.admin_workers, settings.admin_url) == ("127.0.0.1:8001", 2, "")


def test_counters_are_in_the_same_store_unless_another_is_given() -> None:
    one = AdminSettings.from_arguments(["--redis", "redis://h"], {})
    other = AdminSettings.from_arguments(["--redis", "redis://h", "--redis-counters", "redis://c"], {})
    assert (one.redis_counters, other.redis_counters) == ("redis://h", "redis://c")


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--admin-url", "https://x/y", "is not http:// or https:// with a host"),
        ("--admin-url", "ftp://x", "is not http:// or https:// with a host"),
        ("--admin-url", "https://u@x", "is not http:// or https:// with a host"),
        ("--admin-url", "https://x:0", "is not http:// or https:// with a host"),
        ("--admin-proxies", "nowhere", "is no address and no CIDR"),
        ("--admin-metrics", "nowhere", "is not an address to listen on"),
        ("--admin-workers", "0", "is not a number between 1 and 1024"),
        ("--admin", "nowhere", "is not an address to listen on"),
    ],
)
def test_a_setting_that_cannot_be_is_said(flag: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        AdminSettings.from_arguments(["--redis", "redis://h", flag, value], {})


def test_a_store_is_needed() -> None:
    with pytest.raises(SettingsError, match="no store was given"):
        AdminSettings.from_arguments([], {})
