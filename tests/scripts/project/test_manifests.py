"""``make manifests``: needs kubectl, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.project import manifests


def test_without_kubectl_the_sentence_says_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert manifests.main() == 2
    assert "kubectl is needed" in capsys.readouterr().err


def test_what_kubectl_refuses_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\necho 'no such overlay' >&2\nexit 1\n")
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert manifests.main() == 1
    assert "no such overlay" in capsys.readouterr().err
