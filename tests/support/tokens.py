"""Issuers with real keys, tokens as they or an attacker would write them, and an edge that was told of the issuers."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import msgspec
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from edge.link.credential_words import REVOKED_PARTS
from tests.support.in_process import InProcess
from weir.models.auth.verifier import Verifier

OWN = "http://127.0.0.1:8002"
FOREIGN = "https://id.example.com/realms/r"
AUDIENCE = "orders"

_KEYS = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "ES384": lambda: ECKey.generate_key("P-384"),
    "ES512": lambda: ECKey.generate_key("P-521"),
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519"),
}


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Signer:
    """An issuer with one key. The own one (``weir auth``) writes access tokens as RFC 9068 has them."""

    def __init__(
        self, url: str = OWN, *, algorithm: str = "ES256", kid: str = "k1", named: bool = True
    ) -> None:
        """``named``: the key set says which algorithm the key is for."""
        self.url, self.algorithm, self.kid, self.own = url, algorithm, kid, url == OWN
        self.key: Any = _KEYS[algorithm]()
        self.public: dict[str, Any] = {**self.key.as_dict(private=False), "kid": kid, "use": "sig"}
        if named:
            self.public["alg"] = algorithm

    def header(self, **changes: Any) -> dict[str, Any]:
        """None takes a member away."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "at+jwt" if self.own else "JWT"}
        return _changed(header, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.url if self.own else AUDIENCE,
            "sub": "alice",
            "client_id": "app",
            "exp": now + 600,
            "iat": now,
            "jti": "t1",
            "sid": "family1",
            "scope": "read write",
        }
        return _changed(claims, changes)

    def token(self, claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> str:
        return self.signed(
            json.dumps(self.header() if header is None else header),
            json.dumps(self.claims() if claims is None else claims),
        )

    def signed(self, header: str | bytes, payload: str | bytes, algorithm: str = "") -> str:
        """Whatever they are."""
        head = f"{b64(header)}.{b64(payload)}"
        model = JWSRegistry.algorithms[algorithm or self.algorithm]
        return f"{head}.{b64(model.sign(head.encode(), self.key))}"

    def word(self, *more: Signer, **changes: Any) -> dict[str, Any]:
        """What the agent tells of it; ``more`` have further keys."""
        word = {
            "issuer": self.url,
            "own": self.own,
            "enabled": True,
            "jwks": {"keys": [self.public, *(each.public for each in more)]},
            "algorithms": ["RS256", "PS256", "ES256", "ES384", "ES512", "Ed25519"],
            "consumer_claim": "",
            "scope_claim": "scope",
            "problem": "",
        }
        return {**word, **changes}


class TokenEdge(InProcess):
    """An edge whose agent knows the client ``app`` of the consumer ``shop``, and whatever a test adds."""

    def __init__(self, directory: Path, rules: str, *words: dict[str, Any]) -> None:
        super().__init__(directory, rules)
        self.verifiers: dict[tuple[str, str], Verifier] = {}
        self.asked: list[tuple[str, Any]] = []
        self.newer: dict[str, Any] | None = None
        """What the agent says when it is asked for newer keys."""
        self.away = False
        self.engine.asks.ask = self._ask  # type: ignore[method-assign]
        self.engine.asks.tell = lambda topic, body: self.asked.append((topic, body))  # type: ignore[method-assign]
        self.add(Verifier(kind="client", id="app", consumer="shop", tags=("partner",)))
        for word in words:
            self.news("issuer", word)
        self.revoke()

    def add(self, verifier: Verifier) -> None:
        self.verifiers[verifier.kind, verifier.id] = verifier
        self.news("credentials", {"drop": [verifier.name], "all": False, "seq": 1})

    def news(self, topic: str, body: Any) -> None:
        self.engine.asks.news(topic, body)

    def revoke(self, *values: str) -> None:
        """Without values: none is revoked."""
        for part in range(0 if values else REVOKED_PARTS):
            self.news("revoked", {"part": part, "parts": REVOKED_PARTS, "values": []})
        if values:
            self.news("revoked", {"add": [[value, int(time.time()) + 900] for value in values]})

    def show(self, token: str, path: str = "/") -> bytes:
        """The whole answer to a request with that token."""
        return self.ask(
            f"GET {path} HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\n\r\n".encode("latin-1")
        )

    def code(self, token: str, path: str = "/") -> str:
        """``200``, or status and code of what is said otherwise."""
        answer = self.show(token, path)
        status = answer.split(b" ", 2)[1].decode()
        if status == "200":
            return status
        body = answer.partition(b"\r\n\r\n")[2]
        return f"{status} {json.loads(body)['code']}"

    def _ask(self, topic: str, body: Any, timeout_s: float) -> Any:
        assert timeout_s > 0
        self.asked.append((topic, body))
        if self.away:
            return None
        if topic == "issuer-key":
            return {"word": self.newer, "sure": True}
        assert topic == "credential"
        found = self.verifiers.get((body["kind"], body["id"]))
        return {"verifier": None if found is None else msgspec.msgpack.encode(found), "seq": 1}


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
