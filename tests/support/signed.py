"""A client that signs requests (RFC 9421, hmac-sha256), and signs wrongly when a test asks for it.

Written apart from the edge's own reading of the RFC; the real client library is in the tests of ``require hmac``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

SECRET = b"a secret of thirty-two bytes....."
KEY_ID = "partner-1"
ASKED = ("@method", "@authority", "@path", "@query")


@dataclass(frozen=True)
class SignedRequest:
    """``wire`` is what goes over the connection. ``sent`` changes are made behind the back of the signature."""

    method: str = "GET"
    target: str = "/orders?page=2"
    host: str = "a.test"
    scheme: str = "http"
    fields: tuple[tuple[str, str], ...] = ()
    """Beside Host, Content-Length, Content-Digest and those of the signature."""
    body: bytes = b""
    digest: bool = True
    """A body has a Content-Digest, and it is covered."""
    covered: tuple[str, ...] = ASKED
    key_id: str = KEY_ID
    secret: bytes = SECRET
    created: int | None = None
    """None: now."""
    more: str = ""
    """Further parameters as text, such as ``;expires=1``."""
    label: str = "sig1"
    sent: dict[str, Any] = field(default_factory=dict)

    def but_sends(self, **changes: Any) -> SignedRequest:
        """Signed as it is, and something else sent: by field of this class, or ``signature_input``, ``signature``."""
        return replace(self, sent=changes)

    @property
    def components(self) -> tuple[str, ...]:
        return (*self.covered, "content-digest") if self.body and self.digest else self.covered

    @property
    def params(self) -> str:
        created = int(time.time()) if self.created is None else self.created
        names = " ".join(f'"{name}"' for name in self.components)
        return f'({names});created={created};keyid="{self.key_id}"{self.more}'

    def values(self) -> dict[str, str]:
        path, _, query = self.target.partition("?")
        found: dict[str, list[str]] = {}
        for name, value in self.all_fields():
            found.setdefault(name.lower(), []).append(value.strip(" \t"))
        return {name: ", ".join(each) for name, each in found.items()} | {
            "@method": self.method,
            "@authority": self.host.lower(),
            "@scheme": self.scheme,
            "@path": path,
            "@query": "?" + query,
            "@request-target": self.target,
            "@target-uri": f"{self.scheme}://{self.host.lower()}{self.target}",
        }

    def all_fields(self) -> list[tuple[str, str]]:
        own = [("Host", self.host), *self.fields]
        if self.body:
            own.append(("Content-Length", str(len(self.body))))
            if self.digest:
                own.append(("Content-Digest", digest_of(self.body)))
        return own

    def base(self, params: str) -> bytes:
        values = self.values()
        lines = [f'"{name}": {values[name]}' for name in self.components]
        return "\n".join([*lines, f'"@signature-params": {params}']).encode("latin-1")

    def signature_fields(self) -> list[tuple[str, str]]:
        params = self.params
        value = base64.b64encode(hmac.digest(self.secret, self.base(params), "sha256")).decode()
        return [
            ("Signature-Input", str(self.sent.get("signature_input", f"{self.label}={params}"))),
            ("Signature", str(self.sent.get("signature", f"{self.label}=:{value}:"))),
        ]

    def head(self) -> bytes:
        signature = self.signature_fields()
        changes = {name: value for name, value in self.sent.items() if not name.startswith("signature")}
        other = replace(self, **changes) if changes else self
        fields = other.all_fields()
        if "body" in changes and "digest" not in changes and self.body:
            fields = [pair for pair in fields if pair[0] != "Content-Digest"]
            fields.append(("Content-Digest", digest_of(self.body)))
        lines = [f"{name}: {value}" for name, value in [*fields, *signature]]
        return "\r\n".join([f"{other.method} {other.target} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    def wire(self) -> bytes:
        return self.head() + self.sent.get("body", self.body)


def digest_of(body: bytes, algorithm: str = "sha-256") -> str:
    digest = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(digest).decode()}:"


def merged(*requests: SignedRequest) -> bytes:
    """The first, with the signatures of all in two fields, by their labels."""
    pairs = [request.signature_fields() for request in requests]
    inputs: Sequence[str] = [pair[0][1] for pair in pairs]
    values: Sequence[str] = [pair[1][1] for pair in pairs]
    return requests[0].but_sends(signature_input=", ".join(inputs), signature=", ".join(values)).wire()
