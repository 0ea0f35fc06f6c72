"""openid-client and oauth4webapi, from npm, complete every flow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.oauth_clients.flows import SCOPE, Applications, Done, Person, check
from tests.support.parts import need

pytestmark = pytest.mark.xdist_group("oauth-clients")


@pytest.fixture(scope="module")
def installed(here: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs beside the libraries, exactly those of the lock."""
    npm = need("npm")
    need("node")
    folder = tmp_path_factory.mktemp("libraries")
    for name in ("package.json", "package-lock.json", ".npmrc", *(file.name for file in here.glob("*.mjs"))):
        shutil.copy(here / name, folder)
    subprocess.run([npm, "ci", "--ignore-scripts", "--no-progress"], cwd=folder, check=True, timeout=300)
    return folder


class Program:
    """One of them, which says and hears one JSON object a line."""

    def __init__(self, folder: Path, name: str, applications: Applications, service: tuple[str, str]) -> None:
        self._process = subprocess.Popen(
            [need("node"), name],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env(),
        )
        self.say(
            issuer=applications.issuer,
            service={"id": service[0], "secret": service[1]},
            app={"id": applications.app},
            device={"id": applications.device},
            redirect=applications.redirect,
            scope=SCOPE,
        )

    def say(self, **message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def hear(self, what: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        message: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"failed": "it ended"}')
        assert what in message, message
        return message

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def env() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}


@pytest.fixture(params=["openid_client.mjs", "oauth4webapi.mjs"])
def program(request: pytest.FixtureRequest, installed: Path, applications: Applications) -> Iterator[Program]:
    """The second sends its secret in the body."""
    is_first = request.param == "openid_client.mjs"
    service = applications.service if is_first else applications.posting
    program = Program(installed, request.param, applications, service)
    yield program
    program.close()


def test_every_flow(program: Program, applications: Applications, alice: Person) -> None:
    client_credentials = program.hear("client_credentials")["client_credentials"]
    program.say(callback=alice.allow(program.hear("open")["open"]))
    person = program.hear("authorization_code")
    assert (person["sub"], person["userinfo"]["name"]) == ("alice", "Alice")
    refresh = program.hear("refresh")
    assert refresh["rotated"]
    alice.connect(program.hear("device")["device"]["verification_uri_complete"])
    program.say(allowed=True)
    done = Done(
        client_credentials,
        person["authorization_code"],
        refresh["refresh"],
        program.hear("device_code")["device_code"],
        program.hear("active")["active"],
        program.hear("revoked")["revoked"],
    )
    check(done, applications)
