"""The admin API, one attribute per resource."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from weir.client.access import Access
from weir.client.calls import TIMEOUT_S, Calls
from weir.client.resources import definitions
from weir.client.resources.audit import Audit
from weir.client.resources.backup import Backup
from weir.client.resources.config import Configuration
from weir.client.resources.consumers import Consumers
from weir.client.resources.counters import Counters
from weir.client.resources.events import Events
from weir.client.resources.issuers import Issuers
from weir.client.resources.keys import Keys
from weir.client.resources.nodes import Nodes
from weir.client.resources.oauth_clients import InitialTokens, OAuthClients
from weir.client.resources.questions import Questions
from weir.client.resources.sessions import Sessions
from weir.client.resources.targets import Targets
from weir.client.resources.tokens import Tokens
from weir.client.resources.traffic import Traffic
from weir.client.resources.users import Users
from weir.client.resources.versions import Versions


class Client(Calls):
    """Raises the exceptions of ``weir.client.errors``; ValueError for a URL or authority that cannot be used."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        ca: Path | None = None,
        retries: int = 3,
    ) -> None:
        super().__init__(url, token, timeout_s=timeout_s, ca=ca, retries=retries)
        self.config = Configuration(self)
        self.versions = Versions(self)
        self.rules = definitions.rules(self)
        self.groups = definitions.groups(self)
        self.upstreams = definitions.upstreams(self)
        self.limits = definitions.limits(self)
        self.defines = definitions.defines(self)
        self.questions = Questions(self)
        self.nodes = Nodes(self)
        self.targets = Targets(self)
        self.counters = Counters(self)
        self.events = Events(self)
        self.backup = Backup(self)
        self.audit = Audit(self)
        self.sessions = Sessions(self)
        self.tokens = Tokens(self)
        self.traffic = Traffic(self)
        self.consumers = Consumers(self)
        self.keys = Keys(self)
        self.oauth_clients = OAuthClients(self)
        self.initial_tokens = InitialTokens(self)
        self.users = Users(self)
        self.issuers = Issuers(self)

    @classmethod
    def at(cls, access: Access, *, timeout_s: float = TIMEOUT_S, retries: int = 3) -> Self:
        ca = Path(access.ca) if access.ca else None
        return cls(access.url, access.token, timeout_s=timeout_s, ca=ca, retries=retries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
