"""What the pages work with, made once for each process; one attribute for each part."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from auth.metrics import AuthMetrics
from auth.pages.render import Pages
from auth.people.hashing import Hashing
from auth.people.person import People
from auth.people.sign_in import SignIn
from weir.models.auth.records import User
from weir.store.attempts import Attempts
from weir.store.connect import Client
from weir.store.keys import Keys
from weir.store.oauth.codes import Codes
from weir.store.oauth.consents import Consents
from weir.store.oauth.devices import Devices
from weir.store.oauth.logins import Logins
from weir.store.oauth.questions import Questions
from weir.store.records import Records


@dataclass(frozen=True, kw_only=True)
class PeopleServices:
    pages: Pages
    people: People
    hashing: Hashing
    sign_in: SignIn
    attempts: Attempts
    logins: Logins
    questions: Questions
    consents: Consents
    codes: Codes
    devices: Devices
    secure: bool
    """Cookies are for https only."""
    base: str
    """The path below which people see this server; empty at the root of its host."""


def people_services(
    client: Client, keys: Keys, users: Records[User], issuer: str, metrics: AuthMetrics, *, secure: bool
) -> PeopleServices:
    """Connects to nothing yet."""
    logins, attempts, hashing = (
        Logins(client, keys),
        Attempts(client, keys),
        Hashing(told=metrics.hashing.set),
    )
    base = urlsplit(issuer).path.rstrip("/")
    return PeopleServices(
        pages=Pages(base),
        people=People(users, logins, secure=secure),
        hashing=hashing,
        sign_in=SignIn(users, attempts, hashing),
        attempts=attempts,
        logins=logins,
        questions=Questions(client, keys),
        consents=Consents(client, keys),
        codes=Codes(client, keys),
        devices=Devices(client, keys),
        secure=secure,
        base=base,
    )
