"""Hosts file and resolv.conf as they are now."""

from __future__ import annotations

from pathlib import Path

from edge.upstream.dns.configuration import Configuration
from edge.upstream.dns.files import SystemFiles, parse_hosts


def test_hosts_are_read_by_lower_case_name() -> None:
    text = "192.0.2.1 a.test A2.test # c.test\n2001:DB8::1 a.test\n192.0.2.1 a.test\nnonsense d.test\n\n192.0.2.9\n"
    assert parse_hosts(text) == {"a.test": ("192.0.2.1", "2001:db8::1"), "a2.test": ("192.0.2.1",)}


def test_a_change_is_seen_and_a_missing_file_is_empty(tmp_path: Path) -> None:
    files = SystemFiles(tmp_path / "resolv.conf", tmp_path / "hosts")
    assert (files.configuration(), files.hosts()) == (Configuration(), {})
    (tmp_path / "hosts").write_text("192.0.2.1 a.test")
    (tmp_path / "resolv.conf").write_text("search a.test")
    assert files.hosts() == {"a.test": ("192.0.2.1",)}
    assert files.configuration().search == ("a.test",)
    (tmp_path / "hosts").unlink()
    assert files.hosts() == {}
