"""An edge that trusts two issuers, each with several keys, and somebody whom it does not trust."""

from __future__ import annotations

from pathlib import Path

from tests.support.tokens import AUDIENCE, FOREIGN, OWN, Signer, TokenEdge

RULES = f"""
rule own {{ when path == "/"; require token; respond 200 "in" }}
rule foreign {{
    when path == "/foreign"
    require token(issuer: "{FOREIGN}", audience: "{AUDIENCE}")
    respond 200 "in"
}}
rule other {{ when path == "/other"; require token(audience: "other"); respond 200 "in" }}
"""
INVALID = "401 credential-invalid"
EXPIRED = "401 credential-expired"


class World:
    """``own`` signs with ES256 and RS256, ``foreign`` with RS256, all with keys of the same names."""

    def __init__(self, directory: Path) -> None:
        self.own = Signer(OWN)
        self.own_rsa = Signer(OWN, algorithm="RS256", kid="rsa", named=False)
        self.foreign = Signer(FOREIGN, algorithm="RS256", named=False)
        self.mallory = Signer(OWN)
        self.edge = TokenEdge(directory, RULES, self.own.word(self.own_rsa), self.foreign.word())
        self.edge.engine.auth.throttle.failed = lambda _facts: None  # type: ignore[method-assign]
