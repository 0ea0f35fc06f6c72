"""The kinds of records that ``records`` keeps: which struct, what names one, how many there may be, whose they are.

Adding a kind is adding a row here and the bound to ``docs/store.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from weir.models.auth.records import (
    ApiKey,
    BasicLogin,
    Consumer,
    HmacKey,
    InitialToken,
    Issuer,
    OAuthClient,
    Record,
    User,
)

R = TypeVar("R", bound=Record)

MOST_OF_OWNER = 1000
"""Keys, basic logins, hmac keys and clients of one consumer, each: what goes with it goes in one step."""


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[R]):
    """One row. ``topic`` and ``named`` are how the feed tells of a change: ``<topic>``, ``[<named>:]<id>``."""

    name: str
    type: type[R]
    id_field: str
    most: int
    topic: str
    named: str = ""
    owned: bool = False
    """Its field ``consumer`` names whom it belongs to."""
    owner_required: bool = False

    def id_of(self, record: R) -> str:
        return str(getattr(record, self.id_field))

    def owner_of(self, record: R) -> str:
        return str(getattr(record, "consumer", "")) if self.owned else ""

    def change(self, id_: str) -> str:
        """What the feed says of a change of ``id_``."""
        return f"{self.named}:{id_}" if self.named else id_


CONSUMERS = Kind(
    name="consumers", type=Consumer, id_field="name", most=100_000, topic="credential", named="consumer"
)
KEYS = Kind(
    name="keys",
    type=ApiKey,
    id_field="id",
    most=500_000,
    topic="credential",
    named="key",
    owned=True,
    owner_required=True,
)
BASICS = Kind(
    name="basics",
    type=BasicLogin,
    id_field="username",
    most=100_000,
    topic="credential",
    named="basic",
    owned=True,
    owner_required=True,
)
HMACS = Kind(
    name="hmacs",
    type=HmacKey,
    id_field="id",
    most=100_000,
    topic="credential",
    named="hmac",
    owned=True,
    owner_required=True,
)
CLIENTS = Kind(
    name="clients",
    type=OAuthClient,
    id_field="id",
    most=10_000,
    topic="credential",
    named="client",
    owned=True,
)
USERS = Kind(name="users", type=User, id_field="name", most=100_000, topic="user")
ISSUERS = Kind(name="issuers", type=Issuer, id_field="name", most=100, topic="issuer")
INITIALS = Kind(name="initials", type=InitialToken, id_field="id", most=1000, topic="initial")
OF_CONSUMER = (KEYS, BASICS, HMACS, CLIENTS)
"""What belongs to a consumer. With it the first three go; clients only lose it, and are disabled."""
EVERY_KIND = (CONSUMERS, *OF_CONSUMER, USERS, ISSUERS, INITIALS)
