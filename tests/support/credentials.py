"""Credentials as a node agent would know them, for an edge without one."""

from __future__ import annotations

from typing import Any

import msgspec

from edge.engine import Engine
from edge.link.credential_words import CREDENTIAL, CREDENTIALS, FRESH, drop_word
from weir.models.auth.secret_text import new_secret
from weir.models.auth.verifier import Verifier


class Credentials:
    """``answer`` what a worker asks; ``serve`` an engine that has no link."""

    def __init__(self) -> None:
        self.known: dict[str, Verifier] = {}
        self.seq = 1
        self.away = False
        """Nothing can be known now."""
        self.asked: list[str] = []
        self._engines: list[Engine] = []

    def serve(self, engine: Engine) -> Credentials:
        engine.asks.ask = lambda topic, body, _timeout_s: self.answer(topic, body)  # type: ignore[method-assign]
        self._engines.append(engine)
        return self

    def answer(self, topic: str, body: Any) -> Any:
        if topic != CREDENTIAL:
            return None
        name = f"{body['kind']}:{body['id']}"
        self.asked.append(name)
        if self.away:
            return None
        found = self.known.get(name)
        return {"verifier": None if found is None else msgspec.msgpack.encode(found), "seq": self.seq}

    def key(self, consumer: str = "acme", **more: Any) -> str:
        """Makes one; its text."""
        secret = new_secret("weir")
        self.put(Verifier(kind="key", id=secret.id, secret=secret.hash(), consumer=consumer, **more))
        return secret.text()

    def put(self, verifier: Verifier) -> None:
        self.known[verifier.name] = verifier

    def change(self, name: str, **more: Any) -> None:
        """Of one that exists; ``drop`` tells of it."""
        self.known[name] = msgspec.structs.replace(self.known[name], **more)

    def drop(self, *names: str) -> dict[str, Any]:
        """Tells engines that these have changed; the word, for those that have a link."""
        self.seq += 1
        word = drop_word(names, self.seq)
        self.tell(CREDENTIALS, word)
        return word

    def confirmed(self, at: float) -> None:
        """The store has confirmed everything then (monotonic seconds)."""
        self.tell(FRESH, {"at": at})

    def tell(self, topic: str, body: Any) -> None:
        for engine in self._engines:
            engine.asks.news(topic, body)


def name_of(key: str) -> str:
    """Of its verifier."""
    return f"key:{key.split('_')[1]}"


def request(path: str = "/", *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A whole request; ``fields`` are lines."""
    lines = [f"{method} {path} HTTP/1.1", "Host: a.test", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
