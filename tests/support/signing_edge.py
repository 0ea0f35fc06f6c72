"""An edge in this process whose one rule asks for a signature, and that knows the key of alice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.in_process import InProcess
from tests.support.shared_secrets import SharedSecrets
from tests.support.signed import SignedRequest

RULES = """rule a {
    when any
    require OPTIONS
    set response header "X-Who" = "{consumer}"
    respond 200 ""
}"""


class SigningEdge(InProcess):
    def __init__(self, path: Path, asked: str = "hmac") -> None:
        super().__init__(path, RULES.replace("OPTIONS", asked))
        self.credentials = SharedSecrets().serve(self.engine)
        self.credentials.hmac_key()

    def verdict(self, request: SignedRequest | bytes) -> str:
        """``ok``, or the code of the refusal."""
        return str(self.problem(request).get("code", "ok"))

    def why(self, request: SignedRequest | bytes) -> str:
        return str(self.problem(request)["detail"])

    def problem(self, request: SignedRequest | bytes) -> dict[str, Any]:
        answer = self.ask(request if isinstance(request, bytes) else request.wire())
        body = answer.partition(b"\r\n\r\n")[2]
        found: dict[str, Any] = json.loads(body) if body else {}
        return found
