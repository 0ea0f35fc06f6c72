"""``weir init``: what a deployment needs once."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from scripts.deployment import kubernetes
from tests.support.kubernetes_api import FakeKubernetes
from tests.support.weir_command import Commands


@pytest.fixture
def weir(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "state", tmp_path)


def test_files_are_made_and_a_second_time_nothing(weir: Commands, tmp_path: Path) -> None:
    first = weir.run("init", "--to", str(tmp_path / "out"), "--store", "store:6379")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("made: whole/ring.json, edge/ring.json")
    assert (
        weir.run("init", "--to", str(tmp_path / "out"), "--store", "store:6379").out
        == "everything was there\n"
    )


def test_a_program_is_told_what_was_made(weir: Commands, tmp_path: Path) -> None:
    assert "whole/ring.json" in weir.run("init", "--to", str(tmp_path / "out"), "--json").json["made"]
    assert weir.run("init", "--to", str(tmp_path / "out"), "--json").json == {"made": []}


def test_in_a_pod_secrets_are_made(tmp_path: Path) -> None:
    api = FakeKubernetes()
    try:
        weir = Commands(tmp_path / "state", tmp_path, **api.environ)
        with mock.patch.object(kubernetes.here, "__defaults__", (api.account(tmp_path / "account"),)):
            assert weir.run("init", "--kubernetes", "--store", "weir-store:6379").out == (
                "Secret weir-secrets: made\nSecret weir-store: made\n"
            )
            again = weir.run("init", "--kubernetes", "--store", "weir-store:6379")
        assert again.out.count("was there, left as it is") == 2
    finally:
        api.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "/dev/null/x"), "cannot be written"),
        (("--kubernetes",), "no pod of Kubernetes"),
        (("--to", "/tmp/x", "--store", "redis://h"), "is no HOST:PORT"),
        ((), "one of the arguments"),
    ],
)
def test_mistakes_are_one_sentence(weir: Commands, arguments: tuple[str, ...], said: str) -> None:
    ran = weir.run("init", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
