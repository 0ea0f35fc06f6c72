"""Who was found to call: what authentication leaves to limits, logs, templates and the upstream."""

from __future__ import annotations

from typing import NamedTuple


class Caller(NamedTuple):
    """``consumer`` may be empty: a token of nobody's is a caller too."""

    method: str
    """As rules write it: ``key``, ``token``, ``basic``, ``hmac``."""
    credential: str
    """What the log may show: id of a key, ``jti`` of a token, a user name. Never a secret."""
    consumer: str = ""
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    subject: str = ""
    """Of a token: ``sub``."""
    client: str = ""
    """Of a token: ``client_id``."""
    expires_ms: int = 0
    """When what was shown ends (Unix); 0: never."""
    verifier: str = ""
    """Name of the ``Verifier`` that it was judged by, such as ``key:<id>``; empty where there was none."""

    @property
    def counted_as(self) -> str | None:
        """What limits know it by. No consumer has a space in its name, so tokens of nobody's are counted apart."""
        if self.consumer:
            return self.consumer
        if self.client:
            return f"client {self.client}"
        return f"subject {self.subject}" if self.subject else None
