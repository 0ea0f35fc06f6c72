import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.project import bootstrap
from scripts.project.bootstrap import CannotInstall, Pip


def test_the_first_way_that_works_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [
        Pip(("false",), ("a",)),
        Pip(("/nowhere/pip",), ("b",)),
        Pip(("true",), ("c",)),
        Pip(("true",), ("d",)),
    ]
    monkeypatch.setattr(bootstrap, "ways", lambda python: iter(ways))
    assert bootstrap.find_pip(Path("python")) == ways[2]


def test_without_any_way_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ways", lambda python: iter([Pip(("false",), ("a",))]))
    with pytest.raises(CannotInstall, match=r"has neither pip nor ensurepip.*apt-get install python3-venv"):
        bootstrap.find_pip(Path("python"))


def test_ensurepip_is_passed_over_where_the_distribution_split_it_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    assert not [way for way in bootstrap.ways(Path("python")) if "ensurepip" in way.probe]


def test_pip_in_a_wheel_runs_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pip-23.0-py3-none-any.whl", "setuptools-66-py3-none-any.whl"):
        (tmp_path / name).touch()
    monkeypatch.setattr(bootstrap, "WHEEL_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(bootstrap.sysconfig, "get_config_var", lambda name: None)
    commands = [way.command for way in bootstrap.ways(Path("python"))]
    assert ("python", f"{tmp_path}/pip-23.0-py3-none-any.whl/pip") in commands


def test_an_environment_without_pip_is_served_by_another_pip(tmp_path: Path) -> None:
    """As on Debian without python3-venv: no ensurepip, but the machine's own pip."""
    python = bootstrap.make_environment(tmp_path / "venv")
    outside = (sys.executable, "-m", "pip", "--python", str(python))
    found = next(way for way in bootstrap.ways(python) if way.command == outside)
    assert bootstrap.succeeds(found.probe)


def test_settings_that_would_install_elsewhere_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "a-mirror")
    environment = bootstrap.environment()
    assert "PIP_TARGET" not in environment
    assert environment["PIP_USER"] == "0"
    assert environment["PIP_INDEX_URL"] == "a-mirror"


def test_an_environment_of_another_version_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text("#!/bin/sh\necho '(3, 9)'\n")
    (folder / "bin" / "python").chmod(0o755)
    assert not bootstrap.is_usable(folder)
    bootstrap.make_environment(folder)
    assert bootstrap.is_usable(folder)


def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to("/nowhere/python")
    assert not bootstrap.is_usable(folder)
    assert bootstrap.make_environment(folder).exists()


def test_a_place_where_nothing_can_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotInstall, match="cannot make"):
        bootstrap.make_environment(tmp_path / "file" / "venv")


class Recorded:
    """What would have been installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, ...]] = []
        monkeypatch.setattr(bootstrap, "find_pip", lambda python: Pip((), ()))
        monkeypatch.setattr(bootstrap, "install_with", lambda pip, *arguments: self.calls.append(arguments))


def test_locked_packages_come_first_then_the_project_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)
    bootstrap.install(tmp_path / "venv", "runtime")
    assert recorded.calls == [
        ("--require-hashes", "-r", str(bootstrap.ROOT / "requirements.lock")),
        ("--no-deps", "--no-build-isolation", "-e", str(bootstrap.ROOT)),
    ]


def test_a_second_run_does_nothing_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)
    bootstrap.install(tmp_path / "venv", "runtime")
    bootstrap.install(tmp_path / "venv", "runtime")
    assert len(recorded.calls) == 2
    monkeypatch.setattr(bootstrap, "digest_of", lambda kind: "changed")
    bootstrap.install(tmp_path / "venv", "runtime")
    assert len(recorded.calls) == 4


def test_what_the_tests_need_includes_what_the_gateway_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)
    bootstrap.install(tmp_path / "venv", "test")
    bootstrap.install(tmp_path / "venv", "runtime")
    assert len(recorded.calls) == 2
    assert recorded.calls[0][-1].endswith("requirements-test.lock")


def test_what_the_benchmarks_need_is_installed_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)
    bootstrap.install(tmp_path / "venv", "test")
    bootstrap.install(tmp_path / "venv", "bench")
    locks = [call[-1].rpartition("/")[2] for call in recorded.calls if "--require-hashes" in call]
    assert locks == ["requirements-test.lock", "requirements-bench.lock"]


def test_a_failed_installation_is_not_taken_for_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "find_pip", lambda python: Pip((), ("false",)))
    assert bootstrap.main(["runtime", "--venv", str(tmp_path / "venv")]) == 2
    assert capfd.readouterr().err == (
        "make install: the installation failed (exit code 1); the reason is above\n"
    )
    assert not bootstrap.stamp(tmp_path / "venv", "runtime").exists()


def test_it_runs_before_anything_is_installed() -> None:
    """With the standard library alone, on a Python that sees no site-packages."""
    code = "import runpy, sys; sys.argv = ['x']; runpy.run_path(sys.orig_argv[-1], run_name='not main')"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            code,
            str(bootstrap.ROOT / "scripts" / "project" / "bootstrap.py"),
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert (done.returncode, done.stderr) == (0, "")
