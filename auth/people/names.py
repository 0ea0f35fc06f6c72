"""Names as pages show them. Whoever registers an application writes its name, and may mean harm. Pure."""

from __future__ import annotations

from weir.models.auth.records import OAuthClient, User

MAX_SHOWN = 80


def name_of(client: OAuthClient) -> str:
    return plain(client.name) or client.id


def person_of(user: User) -> str:
    return plain(user.display_name) or user.name


def plain(name: str) -> str:
    """Without line ends, and without marks that turn the direction of what stands beside it; not endless."""
    shown = "".join(letter for letter in name if letter.isprintable()).strip()
    return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"
