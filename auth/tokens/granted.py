"""What was granted: from it tokens are made, and nothing else says what they may."""

from __future__ import annotations

from typing import Any

import msgspec

from auth.signing.schedule import LONGEST_TOKEN_S
from weir.models.auth.records import OAuthClient
from weir.store.oauth.families import sid_of


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    client: OAuthClient
    subject: str
    """``sub``: a user's name, or the id of a client that acts for itself."""
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...]
    """Not empty."""
    family: str = ""
    """``new_family()`` where a person let the client in: its access tokens can be revoked together, and refresh tokens
    belong to it."""
    kept_sid: str = ""
    """Without a family: the sid of the token that this one was exchanged for."""
    auth_time_s: int = 0
    """When the person signed in; Unix seconds. 0: nobody did."""
    act: dict[str, Any] | None = None
    """Who acts for the subject (RFC 8693 §4.1)."""
    ends_s: int = 0
    """Unix seconds beyond which no token goes; 0: the client's own bound holds."""

    @property
    def sid(self) -> str:
        return sid_of(self.family) if self.family else self.kept_sid

    def life_s(self, now_s: int) -> int:
        """Of an access token that is made now."""
        life_s = min(self.client.access_s, LONGEST_TOKEN_S)
        return min(life_s, self.ends_s - now_s) if self.ends_s else life_s
