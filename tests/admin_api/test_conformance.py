"""schemathesis against a real ``weir admin``: what the OpenAPI document says is what happens, and nothing is a 5xx.

The quick run sends a few requests to every operation, always the same ones; the long one (``make chaos``) thousands.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.admin import AdminProcess
from tests.support.servers import RunningServer
from tests.support.weir_up import environment
from weir.api.operations import OPERATIONS

pytestmark = pytest.mark.xdist_group("weir-admin")

CONFIGURATION = """\
[checks]
negative_data_rejection.expected-statuses = [
    400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 422, 428, 429, 431,
]

# They answer 200 with what is wrong; and a value that can only be one thing may leave out its kind.
[[operations]]
include-operation-id = ["config.check", "lint.draft"]
checks.negative_data_rejection.enabled = false
"""
"""Statuses that say that something was wrong with a request."""
ENDLESS = [operation.id for operation in OPERATIONS if "text/event-stream" in operation.media]
ENDS_OUR_TOKEN = ["tokens.revoke", "tokens.rotate"]
"""It finds the ids of tokens in answers, and would lock itself out."""
LEFT_OUT_CHECKS = [
    # Whether rules are right is more than a schema can say: 422 with every place is the answer then.
    "positive_data_acceptance",
    # test_access asks every operation as everybody; here wrong tokens would soon be throttled.
    "ignored_auth",
]
RULES = """\
upstream users { target http://127.0.0.1:9 }
limit gold { 10 per 1s by ip }
define inside = ip in ["10.0.0.0/8"]
group api { when path under "/api"; rule users { when path under "/api/users"; limit gold; proxy users } }
rule rest { when any; respond 404 "nothing" }
"""


@pytest.fixture(scope="module")
def admin(store: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    process = AdminProcess(tmp_path_factory.mktemp("admin"), store.url)
    headers = {"Content-Type": "text/plain", "If-None-Match": "*"}
    published = process.call("PUT", "/api/v1/config", content=RULES, headers=headers)
    assert published.status_code == 200, published.text
    yield process
    process.close()


def schemathesis(admin: AdminProcess, folder: Path, *arguments: str) -> None:
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    left_out = [f"--exclude-operation-id={name}" for name in (*ENDLESS, *ENDS_OUR_TOKEN)]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            f"{admin.url}/api/v1/openapi.json",
            *("-H", f"Authorization: Bearer {admin.token}"),
            *("--exclude-checks", ",".join(LEFT_OUT_CHECKS)),
            *("--continue-on-failure", "--warnings=off", "--no-color", "--request-timeout=60"),
            *left_out,
            *arguments,
        ],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "Traceback" not in admin.output()


def test_the_api_does_what_its_document_says(admin: AdminProcess, tmp_path: Path) -> None:
    schemathesis(
        admin, tmp_path, "--phases=fuzzing", "--max-examples=1", "--seed=1", "--generation-deterministic"
    )


@pytest.mark.chaos
def test_the_api_does_what_its_document_says_for_long(admin: AdminProcess, tmp_path: Path) -> None:
    schemathesis(admin, tmp_path, "--phases=coverage,fuzzing", "--max-examples=5")
